"""Where real ZooKeeper clients come in: TCP, and the words that operators ask."""
