#include "control/process/address_watch.hpp"

#include <gtest/gtest.h>

#include "control/process/machine_check.hpp"

namespace honeyswitch::control {
namespace {

using Sentence = std::optional<std::string>;

const Sentence missing =
    "listen_address 10.0.0.9 is no address of this machine: agents cannot reach the switch until it is";
const Sentence come = "listen_address 10.0.0.9 has come: agents can reach the switch";

TimePoint at(std::int64_t seconds) {
    return TimePoint(Milliseconds(seconds * 1'000));
}

TEST(AddressWatch, IsSilentWhileTheAddressIsThere) {
    AddressWatch watch("10.0.0.9", [](const std::string&) { return true; });
    EXPECT_EQ(watch.look(at(0)), std::nullopt);
    EXPECT_EQ(watch.look(at(1'000)), std::nullopt);
}

TEST(AddressWatch, TellsWhenItIsMissingNowAndThenAndWhenItComes) {
    bool here = false;
    AddressWatch watch("10.0.0.9", [&](const std::string& address) { return here && address == "10.0.0.9"; });
    EXPECT_EQ(watch.look(at(0)), missing);
    EXPECT_EQ(watch.look(at(59)), std::nullopt);
    EXPECT_EQ(watch.look(at(60)), missing);
    here = true;
    EXPECT_EQ(watch.look(at(61)), come);
    EXPECT_EQ(watch.look(at(62)), std::nullopt);
    here = false;
    EXPECT_EQ(watch.look(at(63)), missing);
}

TEST(AddressWatch, TheKernelKnowsItsOwnAddresses) {
    EXPECT_TRUE(is_local_address("127.0.0.1"));
    EXPECT_TRUE(is_local_address("0.0.0.0"));
    EXPECT_FALSE(is_local_address("192.0.2.1"));
}

}  // namespace
}  // namespace honeyswitch::control
