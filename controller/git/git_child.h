// The git child's own side.
#pragma once

namespace tinyforge {

// The whole life of a git child: reads one order (FetchRequest, WriteRequest or
// ListRequest) from standard input, limits itself,
// carries it out, writes its answer to standard output. The return value is main()'s. Call it before anything else in a
// process that was started with the arguments of GitChildOptions: no thread may run yet.
int GitChildMain();

}  // namespace tinyforge
