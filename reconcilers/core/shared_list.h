// A vector whose copies are cheap: they hold the same elements until one of them is changed.
#pragma once

#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

namespace tinyforge {

// As safe between threads as a vector: each copy by itself. Every member that is not const, also begin() and [] of a
// list that is not const, makes elements of its own first if others hold them too; to look at them, look at a const
// one.
template <class T>
class SharedList {
  using Vector = std::vector<T>;

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using iterator = typename Vector::iterator;
  using const_iterator = typename Vector::const_iterator;

  SharedList() = default;
  SharedList(Vector items)  // NOLINT(google-explicit-constructor)
      : block_(items.empty() ? nullptr : new Block{{1}, std::move(items)}) {}
  SharedList(std::initializer_list<T> items) : SharedList(Vector(items)) {}
  SharedList(const SharedList& other) : block_(other.block_) {
    if (block_) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedList(SharedList&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedList& operator=(SharedList other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedList() {
    if (block_ && block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete block_;
  }

  const Vector& items() const {
    static const Vector none;
    return block_ ? block_->items : none;
  }
  operator const Vector&() const { return items(); }  // NOLINT(google-explicit-constructor)

  bool empty() const { return items().empty(); }
  std::size_t size() const { return items().size(); }
  const_iterator begin() const { return items().begin(); }
  const_iterator end() const { return items().end(); }
  const T& operator[](std::size_t i) const { return items()[i]; }
  const T& front() const { return items().front(); }
  const T& back() const { return items().back(); }

  iterator begin() { return Own().begin(); }
  iterator end() { return Own().end(); }
  T& operator[](std::size_t i) { return Own()[i]; }
  T& front() { return Own().front(); }
  T& back() { return Own().back(); }
  void reserve(std::size_t size) { Own().reserve(size); }
  void push_back(T item) { Own().push_back(std::move(item)); }
  template <class... Args>
  T& emplace_back(Args&&... args) {
    return Own().emplace_back(std::forward<Args>(args)...);
  }
  iterator erase(const_iterator first, const_iterator last) { return Own().erase(first, last); }
  void clear() { *this = SharedList(); }

  friend bool operator==(const SharedList& a, const SharedList& b) { return a.items() == b.items(); }

 private:
  struct Block {
    std::atomic<std::size_t> owners;
    Vector items;
  };

  Vector& Own() {
    if (!block_ || block_->owners.load(std::memory_order_acquire) != 1) {
      SharedList own;
      own.block_ = new Block{{1}, items()};
      std::swap(block_, own.block_);
    }
    return block_->items;
  }

  Block* block_ = nullptr;
};

}  // namespace tinyforge
