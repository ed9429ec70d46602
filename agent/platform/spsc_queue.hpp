// SPDX-License-Identifier: Apache-2.0
// The bounded queue between the engine thread and the service thread, one for each direction.
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

namespace regent::platform {

/// One thread pushes, one pops; neither ever waits for the other or allocates for the queue itself. All of
/// the memory is taken at construction. Elements are moved through; Boost 1.74 wants a T that could also be
/// copied.
template <class T>
class SpscQueue {
  public:
    /// Holds `capacity` elements, at least 1.
    explicit SpscQueue(std::size_t capacity) : queue_(capacity) {}

    /// The pushing thread, for what is tried again later. False: the queue is full, `value` is untouched.
    bool offer(T&& value) {
        T* const first = &value;
        return queue_.push(std::make_move_iterator(first), std::make_move_iterator(first + 1)) !=
               std::make_move_iterator(first);
    }

    /// The pushing thread. False: the queue is full, `value` is untouched, and the drop is counted.
    bool try_push(T&& value) {
        if (offer(std::move(value))) return true;
        count_drop();
        return false;
    }

    /// The pushing thread: so many more fit at least.
    std::size_t room() const { return queue_.write_available(); }

    /// The pushing thread: something was given up.
    void count_drop() { dropped_.fetch_add(1, std::memory_order_relaxed); }

    /// The popping thread. nullopt: the queue is empty.
    std::optional<T> try_pop() {
        std::optional<T> taken;
        queue_.consume_one([&](T& value) { taken.emplace(std::move(value)); });
        return taken;
    }

    /// Any thread: what was dropped so far.
    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  private:
    boost::lockfree::spsc_queue<T> queue_;
    std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace regent::platform
