// SPDX-License-Identifier: Apache-2.0
// How a C++ class becomes a table of C functions. Nothing here is for authors of plugins to use.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <string_view>

#include "regent/abi/plugin.h"
#include "regent/context.hpp"
#include "regent/values.hpp"

namespace regent::sdk::detail {

inline void write_error(regent_error* error, std::string_view text,
                        std::uint32_t param = REGENT_NO_PARAM) noexcept {
    if (error == nullptr) return;
    error->param_index = param;
    error->len = std::min(text.size(), error->capacity);
    if (error->len > 0) std::memcpy(error->text, text.data(), error->len);
}

/// Runs `work`; what it throws ends in `error`. Nothing may be thrown across the contract.
template <class Work>
bool guarded(regent_error* error, const Work& work) noexcept {
    try {
        work();
        return true;
    } catch (const Blame& blame) {
        write_error(error, blame.what(), blame.param_index);
    } catch (const std::exception& problem) {
        write_error(error, problem.what());
    } catch (...) {
        write_error(error, "an exception of an unknown type");
    }
    return false;
}

template <class Type>
std::span<const Param> params_of() {
    if constexpr (requires { Type::params; }) {
        return Type::params;
    } else {
        return {};
    }
}

template <class Type>
inline constexpr std::size_t param_count = [] {
    if constexpr (requires { Type::params; }) {
        return Type::params.size();
    } else {
        return std::size_t{0};
    }
}();

template <class Type>
inline constexpr std::array<regent_param, param_count<Type>> abi_params = [] {
    std::array<regent_param, param_count<Type>> made{};
    if constexpr (requires { Type::params; }) {
        for (std::size_t index = 0; index < made.size(); ++index)
            made[index] = Param::abi_of(Type::params[index]);
    }
    return made;
}();

template <class Type>
inline constexpr std::array<const regent_param*, param_count<Type>> abi_param_pointers = [] {
    std::array<const regent_param*, param_count<Type>> made{};
    for (std::size_t index = 0; index < made.size(); ++index)
        made[index] = &abi_params<Type>[index];
    return made;
}();

/// An instance with its context, so that whatever it throws can be told.
template <class Type>
struct Holder {
    Context context;
    Type object;
};

template <class Type>
Holder<Type>& held(void* self) {
    return *static_cast<Holder<Type>*>(self);
}

/// The operations that checks and notifiers have in common.
template <class Type>
struct Common {
    static int validate(const regent_value* values, std::size_t count, regent_error* error) noexcept {
        if constexpr (requires(const Values& checked) { Type::validate(checked); }) {
            return guarded(error,
                           [&] {
                               Type::validate(Values(params_of<Type>(), {values, count}));
                           })
                       ? 0
                       : 1;
        }
        return 0;
    }
    static void* create(const regent_host* host, regent_instance instance, const regent_value* values,
                        std::size_t count, regent_error* error) noexcept {
        void* made = nullptr;
        guarded(error, [&] {
            const Context context(host, instance);
            made = new Holder<Type>{context, Type(context, Values(params_of<Type>(), {values, count}))};
        });
        return made;
    }
    static int start(void* self, regent_error* error) noexcept {
        if constexpr (requires(Type & type) { type.start(); }) {
            return guarded(error, [&] { held<Type>(self).object.start(); }) ? 0 : 1;
        }
        return 0;
    }
    /// Runs one operation; `failed` is told what it threw.
    template <class Work, class Failed>
    static void run(const Work& work, const Failed& failed) noexcept {
        std::array<char, REGENT_MESSAGE_MAX> text{};
        regent_error error{sizeof error, REGENT_NO_PARAM, text.data(), text.size(), 0};
        if (guarded(&error, work)) return;
        guarded(nullptr, [&] { failed(std::string_view(error.text, error.len)); });
    }
    /// Runs one operation that nobody waits for.
    template <class Work>
    static void run_and_log(void* self, const Work& work) noexcept {
        run(work, [&](std::string_view text) { held<Type>(self).context.log(Level::error, text); });
    }
    static void on_fd(void* self, int fd, std::uint32_t events) noexcept {
        if constexpr (requires(Type & type) { type.on_fd(fd, events); }) {
            run_and_log(self, [&] { held<Type>(self).object.on_fd(fd, events); });
        }
    }
    static void on_timer(void* self, std::uint64_t timer) noexcept {
        if constexpr (requires(Type & type) { type.on_timer(timer); }) {
            run_and_log(self, [&] { held<Type>(self).object.on_timer(timer); });
        }
    }
    static void on_wake(void* self) noexcept {
        if constexpr (requires(Type & type) { type.on_wake(); }) {
            run_and_log(self, [&] { held<Type>(self).object.on_wake(); });
        }
    }
    static void stop(void* self) noexcept {
        if constexpr (requires(Type & type) { type.stop(); }) {
            run_and_log(self, [&] { held<Type>(self).object.stop(); });
        }
    }
    static void destroy(void* self) noexcept { delete static_cast<Holder<Type>*>(self); }
    static std::size_t describe(void* self, char* json, std::size_t capacity) noexcept {
        std::size_t length = 2;
        if constexpr (requires(Type & type) { std::string_view(type.describe()); }) {
            run_and_log(self, [&] {
                const std::string text = held<Type>(self).object.describe();
                length = text.size();
                if (length <= capacity) std::memcpy(json, text.data(), length);
            });
        } else if (capacity >= length) {
            std::memcpy(json, "{}", length);
        }
        return length;
    }
};

template <class Type>
constexpr regent_type describe_type(std::uint32_t kind, const void* ops) {
    std::uint32_t flags = 0;
    if constexpr (requires { Type::flags; }) flags = Type::flags;
    return {sizeof(regent_type),
            kind,
            flags,
            param_count<Type>,
            to_abi(Type::name),
            to_abi(Type::summary),
            abi_param_pointers<Type>.data(),
            ops};
}

}  // namespace regent::sdk::detail
