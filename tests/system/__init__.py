"""The whole program: browsers, killed workers, brokers, every address with every role."""
