"""What is wrong with a catalogue, or limits what can be done with it: broken and repeated photos, labels, attributes and texts, with advice."""
