"""Search by photos, end to end: what is asked, what is known of the items, how results are ranked, grouped and explained."""
