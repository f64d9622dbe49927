"""One module or package a channel; none imports another."""
