// Names are resolved beside the event loop.
#include "agent/sockets/name_resolver.hpp"

#include <map>

#include <gtest/gtest.h>
#include <poll.h>

namespace honeyswitch::agent {
namespace {

TEST(NameResolver, AnswersEveryQuestionWithItsNumber) {
    auto resolver = NameResolver::start();
    ASSERT_TRUE(resolver) << resolver.error().message();
    resolver->ask(3, ControllerName::parse("localhost:7").value());
    resolver->ask(4, ControllerName::parse("no-such-name.invalid").value());
    std::map<std::size_t, NameResolver::Addresses> answers;
    while (answers.size() < 2) {
        pollfd waiting{resolver->descriptor(), POLLIN, 0};
        ASSERT_EQ(poll(&waiting, 1, 60'000), 1);
        resolver->take(
            [&](std::size_t number, const auto& addresses) { answers.emplace(number, addresses); });
    }
    ASSERT_TRUE(answers.at(3)) << answers.at(3).error();
    EXPECT_TRUE(to_string(answers.at(3)->at(0)).ends_with(":7"));
    EXPECT_FALSE(answers.at(4));
}

}  // namespace
}  // namespace honeyswitch::agent
