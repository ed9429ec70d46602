// SPDX-License-Identifier: Apache-2.0
// The names of the members of a structure and of the values of an enumeration, written down once: the text of
// a recorded line and the digest of actions are both made from them.
#pragma once

#include <array>
#include <boost/preprocessor/punctuation/comma_if.hpp>
#include <boost/preprocessor/seq/for_each.hpp>
#include <boost/preprocessor/seq/for_each_i.hpp>
#include <boost/preprocessor/stringize.hpp>
#include <boost/preprocessor/variadic/to_seq.hpp>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace regent::record {

template <class Class, class Member>
struct Field {
    std::string_view name;
    Member Class::*member;
};
template <class Class, class Member>
Field(std::string_view, Member Class::*) -> Field<Class, Member>;

/// `type_name`, and `all_fields`, a tuple of its Field, in order of declaration.
template <class T>
struct Fields;

/// `values`, and `word(value)`.
template <class T>
struct Words;

template <class T>
concept Described = requires {
    Fields<T>::all_fields;
};
template <class T>
concept Worded = std::is_enum_v<T> && requires {
    Words<T>::values;
};

}  // namespace regent::record

#define REGENT_RECORD_FIELD(r, type, i, member_name)        \
    BOOST_PP_COMMA_IF(i)::regent::record::Field {           \
        BOOST_PP_STRINGIZE(member_name), &type::member_name \
    }

/// All members of a structure, in order of declaration: one too few or too many does not compile. In
/// namespace regent::record; `scope` is where the type is declared.
#define REGENT_RECORD(scope, type, ...)                                                            \
    template <>                                                                                    \
    struct Fields<scope::type> {                                                                   \
        static constexpr std::string_view type_name = #type;                                       \
        static constexpr auto all_fields = std::tuple(BOOST_PP_SEQ_FOR_EACH_I(                     \
            REGENT_RECORD_FIELD, scope::type, BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__)));             \
        static void complete(scope::type& value) { [[maybe_unused]] auto& [__VA_ARGS__] = value; } \
    }

/// A structure without members.
#define REGENT_RECORD_EMPTY(scope, type)                     \
    template <>                                              \
    struct Fields<scope::type> {                             \
        static_assert(std::is_empty_v<scope::type>);         \
        static constexpr std::string_view type_name = #type; \
        static constexpr std::tuple<> all_fields{};          \
    }

#define REGENT_RECORD_VALUE(r, type, i, word) BOOST_PP_COMMA_IF(i) type::word
#define REGENT_RECORD_CASE(r, type, word) \
    case type::word: return BOOST_PP_STRINGIZE(word);

/// All values of an enumeration: the compiler warns of one that is missing.
#define REGENT_RECORD_WORDS(type, ...)                                                                  \
    template <>                                                                                         \
    struct Words<type> {                                                                                \
        static constexpr std::array values{                                                             \
            BOOST_PP_SEQ_FOR_EACH_I(REGENT_RECORD_VALUE, type, BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__))}; \
        static constexpr std::string_view word(type value) {                                            \
            switch (value) {                                                                            \
                BOOST_PP_SEQ_FOR_EACH(REGENT_RECORD_CASE, type, BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__))  \
            }                                                                                           \
            return {};                                                                                  \
        }                                                                                               \
    }
