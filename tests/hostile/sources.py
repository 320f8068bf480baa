"""Named data sets, tiny and in their published form, unpacked into a folder; and how they are loaded."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.io import savemat

import hrlib as hr
from hrlib.catalogue.sources import fashion_mnist


def photo(number: int) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (12, 16), (number * 7 % 256, number * 31 % 256, 90)).save(data, "PNG")
    return data.getvalue()


def fashion_products() -> dict[str, bytes]:
    head = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"
    rows = [f"{n},Men,Apparel,Topwear,Tshirts,Blue,Summer,2011,Casual,Brand Tee" for n in range(1, 4)]
    rows += [f"{n},Women,Footwear,Shoes,Heels,Red,,2012,NA,Fine, high heels" for n in range(5, 8)]
    photos = {f"fashion_products/images/{n}.jpg": photo(n) for n in range(1, 8)}
    return {"fashion_products/styles.csv": (head + "\n".join(rows)).encode(), **photos}


def grocery() -> dict[str, bytes]:
    head = "Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int),Iconic Image Path (str),Product Description Path (str)\n"
    classes = "Gala,0,Apple,0,/i/Gala.jpg,/d/Gala.txt\nMilk,1,Milk,1,/i/Milk.jpg,/d/Milk.txt\n"
    lists = {
        "train.txt": "train/Fruit/Apple/Gala/1.jpg, 0, 0\ntrain/Packages/Milk/2.jpg, 1, 1\n",
        "val.txt": "val/Fruit/Apple/Gala/3.jpg, 0, 0\n",
        "test.txt": "test/Packages/Milk/4.jpg, 1, 1\n",
    }
    photos = {line.split(",")[0]: photo(n) for n, line in enumerate("".join(lists.values()).splitlines())}
    texts = {"classes.csv": head + classes, "d/Gala.txt": "Sweet\nand red.", "d/Milk.txt": "White.", **lists}
    return {f"grocery_store/{name}": text.encode() for name, text in texts.items()} | {
        f"grocery_store/{name}": data for name, data in photos.items()
    }


def cub() -> dict[str, bytes]:
    classes = {
        1: "Black_footed_Albatross",
        84: "Red_legged_Kittiwake",
        101: "White_Pelican",
        200: "Common_Yellowthroat",
    }
    photos = [(c, n, f"{c:03}.{name}/{name}_{n}.jpg") for c, name in classes.items() for n in (1, 2)]
    lists = {
        "classes.txt": "".join(f"{c} {c:03}.{name}\n" for c, name in classes.items()),
        "images.txt": "".join(f"{i} {path}\n" for i, (*_, path) in enumerate(photos, 1)),
        "image_class_labels.txt": "".join(f"{i} {c}\n" for i, (c, *_) in enumerate(photos, 1)),
        "train_test_split.txt": "".join(f"{i} {int(n == 1)}\n" for i, (_, n, _) in enumerate(photos, 1)),
    }
    files = {f"CUB_200_2011/{name}": text.encode() for name, text in lists.items()}
    return files | {f"CUB_200_2011/images/{path}": photo(i) for i, (*_, path) in enumerate(photos)}


def cub_with_taxonomy() -> dict[str, bytes]:
    names = "Black footed Albatross", "Red legged Kittiwake", "White Pelican", "Common Yellowthroat"
    return cub() | {"mine.csv": ("bird,where\n" + "".join(f"{name},sea\n" for name in names)).encode()}


def cars() -> dict[str, bytes]:
    models = np.array(["AM General Hummer SUV 2000", "Acura RL Sedan 2012"], dtype=object)
    records = np.empty(4, dtype=[(name, object) for name in ("relative_im_path", "class", "test")])
    for row, path in enumerate(paths := [f"car_ims/{n:06}.jpg" for n in range(1, 5)]):
        records[row] = (path, row // 2 + 1, row % 2)
    savemat(data := io.BytesIO(), {"annotations": records, "class_names": models})
    return {path: photo(n) for n, path in enumerate(paths)} | {"cars_annos.mat": data.getvalue()}


def sop() -> dict[str, bytes]:
    paths = [(c, f"{'mug' if c % 2 else 'coffee_maker'}_final/11{c}_{n}.JPG") for c in range(1, 5) for n in (0, 1)]
    rows = [f"{i} {c} {c % 2 + 1} {path}\n" for i, (c, path) in enumerate(paths, 1)]
    head = "image_id class_id super_class_id path\n"
    lists = {"Ebay_train.txt": head + "".join(rows[:4]), "Ebay_test.txt": head + "".join(rows[4:])}
    files = {f"Stanford_Online_Products/{name}": text.encode() for name, text in lists.items()}
    return files | {f"Stanford_Online_Products/{path}": photo(i) for i, (_, path) in enumerate(paths)}


def in_shop() -> dict[str, bytes]:
    rows = [
        (f"img/{'MEN' if n % 2 else 'WOMEN'}/Denim/id_{n}/01_1_{view}.jpg", f"id_{n}", part if n > 2 else "train")
        for n in range(1, 5)
        for view, part in (("front", "query"), ("side", "gallery"))
    ]
    text = f"{len(rows)}\nimage_name item_id evaluation_status\n" + "".join(" ".join(row) + "\n" for row in rows)
    photos = {f"img/{path}": photo(n) for n, (path, *_) in enumerate(rows)}
    return {"list_eval_partition.txt": text.encode(), **photos}


TAXA = {
    3: ("Ficus carica", "Ficus", "Moraceae", "Rosales", "Magnoliopsida", "Tracheophyta", "Plantae", "Plantae"),
    10: ("Ficus variegata", "Ficus", "Ficidae", "Littorinimorpha", "Gastropoda", "Mollusca", "Animalia", "Mollusca"),
    11: ("Littorina littorea", "Littorina", "", "Littorinimorpha", "Gastropoda", "Mollusca", "Animalia", "Mollusca"),
}


def inaturalist() -> dict[str, bytes]:
    keys = ("name", "genus", "family", "order", "class", "phylum", "kingdom", "supercategory")
    categories = [{"id": number, **dict(zip(keys, names, strict=True))} for number, names in TAXA.items()]
    paths = [f"train_val2018/{names[-1]}/{number}/{n}{number}.jpg" for number, names in TAXA.items() for n in (1, 2)]
    files = {"categories.json": json.dumps(categories)}
    for part, mine in (("train", paths[::2]), ("test", paths[1::2])):
        files[f"Inaturalist_{part}_set1.txt"] = "\n".join(mine)
    for part, mine in (("train", paths[::2]), ("val", paths[1::2])):
        images = [{"id": n, "file_name": path} for n, path in enumerate(mine)]
        labels = [{"id": n, "image_id": n, "category_id": int(path.split("/")[2])} for n, path in enumerate(mine)]
        files[f"{part}2018.json"] = json.dumps({"images": images, "annotations": labels})
    texts = {name: text.encode() for name, text in files.items()}
    return texts | {path: photo(n) for n, path in enumerate(paths)}


def cifar100() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    records = {
        part: b"".join(bytes([n % 2, n % 4]) + rng.bytes(3072) for n in range(count))
        for part, count in (("train", 8), ("test", 4))
    }
    files = {f"{part}.bin": data for part, data in records.items()}
    names = {"fine_label_names.txt": b"a\nb\nc\nd\n", "coarse_label_names.txt": b"even\nodd\n"}
    return {f"cifar-100-binary/{name}": data for name, data in (files | names).items()}


def arrays() -> dict[str, np.ndarray]:
    pixels, labels = (
        np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8),
        np.tile(np.arange(10, dtype=np.uint8), 3),
    )
    return {"x_train": pixels[:20], "y_train": labels[:20], "x_test": pixels[20:], "y_test": labels[20:]}


def fashion_mnist_npz() -> dict[str, bytes]:
    np.savez(data := io.BytesIO(), **arrays())
    return {"fashion_mnist.npz": data.getvalue()}


def fashion_mnist_idx() -> dict[str, bytes]:
    return {
        name: gzip.compress(bytes([0, 0, 8, x.ndim]) + np.array(x.shape, ">u4").tobytes() + x.tobytes(), mtime=0)
        for name, x in zip(fashion_mnist.FILES, arrays().values(), strict=True)
    }


def flickr8k() -> dict[str, bytes]:
    images = [
        {"filename": f"{n}.jpg", "split": split, "imgid": n, "sentences": [{"raw": f"A dog {n} .", "tokens": ["A"]}]}
        for n, split in enumerate(("train", "restval", "val", "test"))
    ]
    lists = {"dataset_flickr8k.json": json.dumps({"images": images, "dataset": "flickr8k"}).encode()}
    return lists | {f"Flickr8k_Dataset/Flicker8k_Dataset/{n}.jpg": photo(n) for n in range(4)}


def flickr30k() -> dict[str, bytes]:
    images = [{"filename": f"{n}.jpg", "split": "train", "sentences": [{"raw": f"A dog {n}."}]} for n in range(4)]
    lists = {"dataset_flickr30k.json": json.dumps({"images": images, "dataset": "flickr30k"}).encode()}
    return lists | {f"flickr30k-images/{n}.jpg": photo(n) for n in range(4)}


def coco() -> dict[str, bytes]:
    places = [("train2014", "train", 1), ("val2014", "restval", 2), ("val2014", "val", 3), ("val2014", "test", 4)]
    images = [
        {"filepath": folder, "filename": f"{n}.jpg", "split": split, "sentences": [{"raw": f"A dog {n}."}]}
        for folder, split, n in places
    ]
    lists = {"dataset_coco.json": json.dumps({"images": images, "dataset": "coco"}).encode()}
    return lists | {f"{folder}/{n}.jpg": photo(n) for folder, _, n in places}


def omniglot() -> dict[str, bytes]:
    names = [f"images/{a}/character0{c}/0{c}_0{d}.png" for a in ("Latin", "Greek") for c in (1, 2) for d in (1, 2)]
    return {f"omniglot_small/{name}": photo(n) for n, name in enumerate(names)} | {"omniglot_small/LICENSE": b"MIT"}


# name -> the files in the folder, and the arguments of hr.load
SOURCES: dict[str, tuple[Callable[[], dict[str, bytes]], dict[str, Any]]] = {
    "fashion-products": (fashion_products, {}),
    "grocery": (grocery, {"partial": True}),
    "omniglot": (omniglot, {}),
    "cub": (cub, {"partial": True}),
    "cub with a taxonomy": (cub_with_taxonomy, {"partial": True, "taxonomy": "mine.csv"}),
    "cars": (cars, {"partial": True}),
    "sop": (sop, {"partial": True}),
    "in-shop": (in_shop, {"partial": True}),
    "inaturalist": (inaturalist, {"partial": True}),
    "inaturalist, competition": (inaturalist, {"partial": True, "protocol": "competition"}),
    "cifar100": (cifar100, {"partial": True}),
    "fashion-mnist": (fashion_mnist_npz, {"partial": True}),
    "fashion-mnist, four files": (fashion_mnist_idx, {"partial": True}),
    "flickr8k": (flickr8k, {"partial": True}),
    "flickr30k": (flickr30k, {"partial": True}),
    "coco": (coco, {"partial": True}),
}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def loader(name: str, folder: Path, cache: Path) -> Callable[[], hr.Catalogue]:
    settings = dict(SOURCES[name][1])
    if "taxonomy" in settings:
        settings["taxonomy"] = folder / settings["taxonomy"]
    common = {
        "data_dir": folder,
        "cache_dir": cache,
        "workers": 1,
        "on_bad": "skip",
        "image_size": (8, 8),
        "size": "full",
    }
    return lambda: hr.load(name.split(" ")[0].rstrip(","), **common | settings)
