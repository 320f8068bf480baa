from hrlib.catalogue.sources.cub_families import ORDERS, families


def test_the_families_cover_each_species_once():
    spans = " ".join(span for its in ORDERS.values() for span in its.values())
    known = families()
    assert sorted(known) == list(range(1, 201))
    assert sum(int(b or a) - int(a) + 1 for a, _, b in (span.partition("-") for span in spans.split())) == 200
    assert len(set(known.values())) == 37 and len({order for _, order in known.values()}) == 13
    assert [known[n] for n in (86, 118)] == [("Gaviidae", "Gaviiformes"), ("Passeridae", "Passeriformes")]
