//! Does nothing. To build an example makes cargo choose the features of dependencies as it does for tests, so that
//! `run.sh` finds them built already.

fn main() {}
