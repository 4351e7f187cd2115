import ArgumentParser

// A synchronous entry: the zygote forks, and may have no second thread when it does.
LockedH5Command.main()
