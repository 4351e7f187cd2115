print("lockedh5")
