// A document as a tree of plain values with the place each was read from. Trees come from ParseYaml and ParseJson,
// which bound their size and depth, so that walking one recursively is safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tinyforge::doc {

// 1-based line and byte column; zero: made in memory, or read from JSON. `file` counts the files that a tree was put
// together from, in an order that its maker says; 0 where there is one.
struct Mark {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t file = 0;
  bool operator==(const Mark&) const = default;
};

// The types of YAML's core schema, which are JSON's with integers apart.
enum class Type : std::uint8_t { Null, Bool, Int, Float, String, List, Map };

// The tags that the Compose Specification gives a value (its page "Merge and override"). None in any other document.
enum class Tag : std::uint8_t { None, Reset, Override };

// For messages: "a mapping", "a number".
std::string_view Describe(Type type);

struct Node {
  struct Member;

  Type type = Type::Null;
  bool boolean = false;
  Tag tag = Tag::None;
  Mark mark;
  std::int64_t integer = 0;     // Int
  double number = 0;            // Float; finite
  std::string text;             // String: the value; Int and Float: as written
  std::vector<Node> items;      // List
  std::vector<Member> members;  // Map: in order of the document, keys unique

  static Node Of(bool value);
  static Node Of(std::int64_t value);
  static Node Of(std::string value);
  static Node List();
  static Node Map();

  // The value of a key of a Map, or null.
  const Node* Find(std::string_view key) const;
  // Appends to a Map a key that it does not have; returns the value's place, valid until the next Add.
  Node& Add(std::string key, Node value);
};

struct Node::Member {
  std::string key;
  Mark mark;  // of the key
  Node value;
};

// Bounds that hold while a document is read.
struct Limits {
  std::size_t bytes = 1 << 20;
  std::size_t depth = 32;
  std::size_t documents = 256;
  std::size_t nodes = 50'000;  // a document
};

// Why a text is not a document that we read.
struct ParseError {
  Mark mark;
  std::string message;
  bool operator==(const ParseError&) const = default;
};

}  // namespace tinyforge::doc
