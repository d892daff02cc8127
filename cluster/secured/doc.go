// Package secured prepares engines that let hubbub's user in alone, over TLS, with no
// more rights than hubbub needs: to see that it gets along with them. What the engines
// say to each other stays open, on loopback.
package secured
