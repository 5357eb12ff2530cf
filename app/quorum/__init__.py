"""Quorum NWR by hand and by trial: what the browser's calculator is checked against."""
