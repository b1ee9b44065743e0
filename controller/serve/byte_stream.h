// The bytes of one connection, in clear or through TLS. Internal to controller/serve.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace tinyforge::serve {

// Works on a non-blocking socket, which stays the caller's: nothing here waits or closes it. Not thread-safe.
class ByteStream {
 public:
  enum class State {
    Done,
    WaitRead,   // call again once the socket can be read
    WaitWrite,  // call again, with the same arguments, once it can be written
    Ended,      // the other side sends no more
    PlainHttp,  // of Open: the other side does not speak TLS
    Failed
  };
  struct Result {
    State state = State::Failed;
    std::size_t bytes = 0;  // Done: more than none
  };

  virtual ~ByteStream() = default;
  // Before anything else; until Done.
  virtual Result Open() = 0;
  virtual Result Read(std::span<char> into) = 0;
  virtual Result Write(std::string_view bytes) = 0;
  // Read may give something though the socket has nothing to read.
  virtual bool HasBuffered() const = 0;
  // Tells the other side that nothing more comes.
  virtual void EndWrite() = 0;
};

std::unique_ptr<ByteStream> MakePlainStream(int socket);

// What send(2) and recv(2) did, for a ByteStream; neither raises SIGPIPE.
ByteStream::Result SendSome(int socket, std::string_view bytes);
ByteStream::Result ReceiveSome(int socket, std::span<char> into);

}  // namespace tinyforge::serve
