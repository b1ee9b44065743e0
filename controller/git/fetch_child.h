// The fetching child's own side.
#pragma once

namespace tinyforge {

// The whole life of a fetching child: reads a FetchRequest from standard input, limits itself, fetches, writes a
// FetchAnswer to standard output. The return value is main()'s. Call it before anything else in a process that was
// started with the arguments of GitFetcherOptions: no thread may run yet.
int GitFetchChildMain();

}  // namespace tinyforge
