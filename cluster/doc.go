// Package cluster installs and runs the engines that the cluster profile is made
// for, the real ones, on loopback: for tests, and for whoever wants to try them
// without containers. It knows how an engine is started and when it is ready;
// topics, schemas and keys are the business of those who use it.
//
// Package deployment puts all of them and hubbub's roles together, supervisor keeps such
// a whole running, and local is the command for that.
//
// What is installed lies in a cache outside of the repository. An engine is a
// Process, or a few: it has a folder and ports that stay the same, can be killed,
// frozen and started again, and ends with the process that started it, however that
// ends.
package cluster
