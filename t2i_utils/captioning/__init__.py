"""A picture becomes a sentence: regions, a Transformer decoder, decoding, baselines and scores."""
