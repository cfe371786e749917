// Requests of the operator's socket, and their answers.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/operator/operator_request.hpp"
#include "tests/unit/fakes/fake_inspect.hpp"
#include "tests/unit/fakes/fake_operate.hpp"

namespace honeyswitch::control {

using nlohmann::json;

inline json ask(const Inspect& inspect, Operate& operate, const std::string& line) {
    const auto response = answer(line, inspect, operate, at(62'000));
    EXPECT_EQ(response.find('\n'), response.size() - 1) << response;
    return json::parse(response);
}

inline json ask(const Inspect& inspect, const std::string& line) {
    FakeOperate operate;
    return ask(inspect, operate, line);
}

}  // namespace honeyswitch::control
