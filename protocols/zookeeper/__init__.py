"""ZooKeeper on ZAB: znodes, sessions, watches."""
