// SPDX-License-Identifier: Apache-2.0
#include "agent/record/digest.hpp"

#include <concepts>

#include "agent/record/action_fields.hpp"

namespace regent::record {
namespace {

/// Each kind of member is an overload; the structures are walked by their Fields.
class Walk {
  public:
    explicit Walk(Digest& digest) : digest_(digest) {}

    void add(std::integral auto number) { digest_.number(static_cast<std::uint64_t>(number)); }
    template <class E>
    requires std::is_enum_v<E>
    void add(E value) { add(static_cast<std::underlying_type_t<E>>(value)); }
    void add(const std::string& text) {
        digest_.bytes(ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    }
    void add(const Bytes& bytes) { digest_.bytes(bytes); }
    void add(const IpAddress& address) { digest_.bytes(address.bytes()); }
    void add(Duration duration) { add(duration.count()); }
    void add(Instant instant) { add(instant.time_since_epoch()); }
    template <class T>
    void add(const std::optional<T>& value) {
        add(value.has_value());
        if (value) add(*value);
    }
    template <class T>
    void add(const std::vector<T>& list) {
        add(list.size());
        for (const auto& item : list)
            add(item);
    }
    template <Described T>
    void add(const T& value) {
        std::apply([&](const auto&... field) { (add(value.*field.member), ...); }, Fields<T>::all_fields);
    }

  private:
    Digest& digest_;
};

}  // namespace

void Digest::actions(const core::Actions& actions) {
    Walk walk(*this);
    for (const auto& action : actions) {
        number(action.index());
        std::visit([&](const auto& what) { walk.add(what); }, action);
    }
}

}  // namespace regent::record
