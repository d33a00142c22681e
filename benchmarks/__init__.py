"""Speed against peers, as ratios within one run. Needs the optional dependency group `bench`."""
