// Errors as values. A function whose caller decides what to do next returns Expected<T>; exceptions are for bugs and
// for vendor libraries, and are caught at the wrapper.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tinyforge {

// What happens next, not what went wrong.
enum class ErrorKind {
  Transient,  // try again with backoff
  Waiting,    // the world is not ready: come back, no limit; a condition names what is awaited
  Terminal,   // the user must act: no retry until the spec changes
  Conflict,   // another object or another hand holds it
  NotFound,
  Invalid,  // input that does not say what it must
};

std::string_view ToString(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::Transient;
  std::string message;  // for a person: what was attempted, on what, what came back; never a secret

  // Context is added once a layer on the way up: "pull nginx:1.27: registry timed out".
  Error Within(std::string_view context) &&;
  bool operator==(const Error&) const = default;
};

// A value or an Error, with the names of std::expected so that moving to it is a rename. `Expected<void>` carries only
// success. Reading the wrong side is a bug (std::get throws).
template <class T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : v_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Expected(Error error) : v_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return v_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & { return std::get<0>(v_); }
  const T& value() const& { return std::get<0>(v_); }
  T&& value() && { return std::get<0>(std::move(v_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(v_); }
  const Error& error() const& { return std::get<1>(v_); }
  Error&& error() && { return std::get<1>(std::move(v_)); }

 private:
  std::variant<T, Error> v_;
};

template <>
class [[nodiscard]] Expected<void> {
 public:
  Expected() = default;
  Expected(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  Error& error() & { return error_.value(); }
  const Error& error() const& { return error_.value(); }
  Error&& error() && { return std::move(error_).value(); }

 private:
  std::optional<Error> error_;
};

}  // namespace tinyforge
