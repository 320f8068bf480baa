"""Order and family of the 200 species of CUB-200-2011, by their numbers in classes.txt.

As published by Barz and Denzler, "Deep learning on small datasets without pre-training using cosine loss", WACV 2020, after Wikispecies.
Chang et al., "Your 'Flamingo' is my 'Bird'", CVPR 2021, give the same but for species 84, a kittiwake, which they file with the kingfishers.
"""

ORDERS = {
    "Anseriformes": {"Anatidae": "46 87 89-90"},
    "Caprimulgiformes": {"Caprimulgidae": "22 92 105"},
    "Charadriiformes": {"Alcidae": "5-8 58 106", "Laridae": "59-66 84 141-147", "Stercorariidae": "71-72"},
    "Coraciiformes": {"Alcedinidae": "79-83"},
    "Cuculiformes": {"Cuculidae": "4 31-33 110"},
    "Gaviiformes": {"Gaviidae": "86"},
    "Passeriformes": {
        "Alaudidae": "85",
        "Bombycillidae": "185-186",
        "Cardinalidae": "14-17 54 57 139-140",
        "Certhiidae": "28",
        "Corvidae": "29-30 73-75 93 107-108",
        "Fringillidae": "34-35 47-48 55-56",
        "Hirundinidae": "135-138",
        "Icteridae": "9-13 26-27 49 88 95-98",
        "Icteriidae": "20",
        "Laniidae": "111-112",
        "Mimidae": "19 91 149-150",
        "Motacillidae": "104",
        "Parulidae": "99 109 158-184 200",
        "Passerellidae": "21 76 113-117 119-133 148",
        "Passeridae": "118",
        "Ptilonorhynchidae": "18",
        "Sittidae": "94",
        "Sturnidae": "134",
        "Troglodytidae": "193-199",
        "Tyrannidae": "37-43 77-78 102-103",
        "Vireonidae": "151-157",
    },
    "Pelecaniformes": {"Pelecanidae": "100-101"},
    "Piciformes": {"Picidae": "36 187-192"},
    "Podicipediformes": {"Podicipedidae": "50-53"},
    "Procellariiformes": {"Diomedeidae": "1-3", "Procellariidae": "45"},
    "Suliformes": {"Fregatidae": "44", "Phalacrocoracidae": "23-25"},
    "Trochiliformes": {"Trochilidae": "67-70"},
}


def families() -> dict[int, tuple[str, str]]:
    """(family, order) of each species' number, 1..200."""
    return {
        number: (family, order)
        for order, its in ORDERS.items()
        for family, spans in its.items()
        for first, _, last in (span.partition("-") for span in spans.split())
        for number in range(int(first), int(last or first) + 1)
    }
