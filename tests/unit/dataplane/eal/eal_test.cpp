#include "dataplane/eal/eal.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include <rte_log.h>

#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

std::vector<std::string> logged(Gravity gravity) {
    std::vector<std::string> found;
    for (const auto& [of, line] : eal_log())
        if (of == gravity) found.push_back(line);
    return found;
}

TEST(Eal, LogsLineByLineWithTheirGravity) {
    start_eal();
    rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "one\n\ntwo\n");
    rte_log(RTE_LOG_WARNING, RTE_LOGTYPE_USER1, "careful\n");
    rte_log_set_level(RTE_LOGTYPE_USER1, RTE_LOG_DEBUG);
    rte_log_set_global_level(RTE_LOG_DEBUG);
    rte_log(RTE_LOG_INFO, RTE_LOGTYPE_USER1, "by the way\n");
    const auto ends_with = [](const std::vector<std::string>& all, const std::vector<std::string>& end) {
        return std::ranges::equal(std::span(all).last(std::min(all.size(), end.size())), end);
    };
    EXPECT_TRUE(ends_with(logged(Gravity::error), {"one", "two"}));
    EXPECT_TRUE(ends_with(logged(Gravity::warning), {"careful"}));
    EXPECT_TRUE(ends_with(logged(Gravity::information), {"by the way"}));
}

}  // namespace
}  // namespace honeyswitch::dataplane
