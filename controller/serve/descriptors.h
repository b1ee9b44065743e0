// How many file descriptors this process may have.
#pragma once

#include <cstddef>

namespace tinyforge::serve {

// Raises the soft limit to `most`, or to the hard limit where that is lower. Never lowers it.
void RaiseDescriptorLimit(std::size_t most);

// How many more can be opened now.
std::size_t DescriptorsLeft();

}  // namespace tinyforge::serve
