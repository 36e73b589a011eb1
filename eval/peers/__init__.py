"""Other systems behind the contract's batch form, to be measured beside ours. Each needs the extra `peers`."""
