import pytest

import hrlib as hr

HEADER = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"


@pytest.fixture
def members(make_photo):
    rows = [f"{n},Men,Apparel,Topwear,Tshirts,Blue,Summer,2011,Casual,Brand Tee" for n in range(1, 5)]
    rows += [f"{n},Women,Footwear,Shoes,Heels,Red,,2012,NA,Fine, high heels" for n in range(5, 8)]
    rows += ["8,Men,Apparel,Topwear,Tshirts,Blue,Summer,2011,Casual,Only one of these"]
    rows += [
        "9,Men,Apparel,Innerwear,Tshirts,Blue,Summer,2011,Casual,Brand Tee",
        "10,Men,Apparel,Topwear,Tshirts,Blue,Summer,2011,Casual,No photo",
    ]
    photos = {f"images/{n}.jpg": make_photo(n) for n in range(1, 10)}
    photos["images/4.jpg"] = photos["images/3.jpg"]  # the same photo twice
    return {"styles.csv": HEADER + "\n".join(rows) + "\n", **photos}


def test_products(members, pack, tmp_path):
    catalogue = hr.load("fashion-products", size="full", data_dir=pack("fashion_products", members))
    assert catalogue.items["id"].tolist() == [
        "1",
        "2",
        "3",
        "5",
        "6",
        "7",
        "9",
    ]  # 4 is 3 again, 8 is alone, 10 has no photo
    assert catalogue.hierarchy.levels == ("product", "articleType", "subCategory", "masterCategory")
    assert catalogue.hierarchy.names[0] == ("Heels: Fine, high heels", "Tshirts: Brand Tee")
    assert catalogue.images.size == (64, 48) and catalogue.caption == "productDisplayName"
    heels = catalogue.items[catalogue.items["articleType"] == "Heels"]
    assert heels["usage"].isna().all() and heels["season"].isna().all()
    # one T-shirt was filed under Innerwear: it gets the parent of the majority, and that is told
    assert catalogue.hierarchy.conflicts[["was", "became"]].values.tolist() == [["Innerwear", "Topwear"]]


def test_article_types(members, pack):
    catalogue = hr.load(
        "fashion-products", size="full", classes="articleType", data_dir=pack("fashion_products", members)
    )
    assert len(catalogue) == 8 and catalogue.hierarchy.levels[0] == "articleType"


def test_broken_photo_and_broken_table(members, pack):
    members["images/2.jpg"] = members["images/2.jpg"][:200]
    folder = pack("fashion_products", members)
    with pytest.raises(hr.BadImage, match=r"1 of 7 photos.*2\.jpg"):
        hr.load("fashion-products", size="full", data_dir=folder)
    with pytest.warns(UserWarning, match="skipped"):
        catalogue = hr.load("fashion-products", size="full", data_dir=folder, on_bad="skip")
    assert len(catalogue) == 6 and catalogue.skipped["id"].tolist() == ["2"]
    members["styles.csv"] = members["styles.csv"].replace("articleType", "article", 1)
    with pytest.raises(hr.HrlibError, match="no column articleType"):
        hr.load("fashion-products", data_dir=pack("fashion_products", members))


def test_real(data_dir):
    catalogue = hr.load("fashion-products", size="full", data_dir=data_dir)
    assert len(catalogue) == 12_110 and catalogue.hierarchy.n_classes[0] == 2_216
    assert len(catalogue.skipped) == 0 and len(catalogue.hierarchy.conflicts) > 0
    small = hr.load("fashion-products", size="small", data_dir=data_dir)
    assert small.hierarchy.n_classes[0] == 240
