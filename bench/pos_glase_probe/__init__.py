from . import peers, probe

peers.use_stub()
probe.watch()
