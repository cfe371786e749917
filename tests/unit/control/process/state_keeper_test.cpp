// One appliance ends and another begins in the same folder of state.
#include "control/process/state_keeper.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/unit/fixtures/appliance.hpp"
#include "tests/unit/fixtures/heard_log.hpp"
#include "tests/unit/fixtures/one_link.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;

const std::string main_pot = "[[honeypot]]\nname = \"main\"\nmac = \"02:00:00:00:00:01\"\ncheck = \"none\"\n";
const std::string other_pot =
    "[[honeypot]]\nname = \"other\"\nmac = \"02:00:00:00:00:02\"\ncheck = \"none\"\n";

struct StateKeeperTest : testing::Test {
    /// `diversion`: more lines of that table.
    void begin(const std::string& records = main_pot, const std::string& interval = "10s",
               const std::string& diversion = "") {
        appliance.reset();
        appliance.emplace(fmt::format("{}[state]\nfolder = \"{}\"\nsave_interval = \"{}\"\n{}", diversion,
                                      folder.path().string(), interval, records));
    }
    bool said(const std::string& text) {
        heard += log.take();
        return heard.contains(text);
    }
    void turns(int count) {
        for (int i = 0; i < count; ++i) appliance->turn();
    }
    void attack(const char* source, unsigned host) {
        appliance->packet_in(source, host);
        turns(1);
    }
    json row(const std::string& command) {
        return json::parse(appliance->ask(fmt::format(R"({{"command":"{}"}})", command)))["rows"];
    }
    /// Whose each is, by source.
    std::map<std::string, std::string> sessions() {
        std::map<std::string, std::string> honeypots;
        for (const auto& session : row("sessions")) honeypots[session["source"]] = session["honeypot"];
        return honeypots;
    }
    [[nodiscard]] std::filesystem::path file() const { return folder.path() / "sessions"; }

    HeardLog log;
    std::string heard;
    TemporaryFolder folder;
    std::optional<RunningAppliance> appliance;
};

TEST_F(StateKeeperTest, SessionsGoOnAfterARestart) {
    begin(main_pot + other_pot);
    for (unsigned i = 1; i <= 20; ++i) attack(fmt::format("198.51.100.{}", i).c_str(), i);
    const auto before = sessions();
    ASSERT_EQ(before.size(), 20U);
    appliance->control().save_state();
    EXPECT_TRUE(said("20 sessions are saved for the next start")) << heard;
    begin(other_pot + main_pot);
    EXPECT_EQ(sessions(), before) << "by the names of their honeypots";
    EXPECT_TRUE(said("restart: 20 sessions, 0 sightings and 0 addresses of agents are back")) << heard;
    appliance->packet_in("198.51.100.7", 7);
    turns(1);
    EXPECT_EQ(sessions().size(), 20U) << "it is no new one";
}

TEST_F(StateKeeperTest, AfterACrashThoseOfTheLastFileGoOn) {
    begin(main_pot, "1ms");
    attack("198.51.100.1", 1);
    for (int tries = 0; tries < 2'000 && row("stats")[0]["saved_sessions"] != 1; ++tries) {
        turns(1);
        std::this_thread::sleep_for(Milliseconds{1});
    }
    EXPECT_EQ(row("stats")[0]["saved_sessions"], 1);
    begin();
    EXPECT_EQ(sessions().size(), 1U);
}

TEST_F(StateKeeperTest, ASessionWhoseHoneypotIsGoneIsNotPutBack) {
    begin();
    attack("198.51.100.1", 1);
    appliance->control().save_state();
    begin(other_pot);
    EXPECT_TRUE(sessions().empty());
    EXPECT_TRUE(said("1 sessions are not: 1 were with honeypots that are gone")) << heard;
}

TEST_F(StateKeeperTest, AnAddressThatTheConfigurationCallsActiveIsNotDivertedButADecoyIs) {
    begin();
    attack("198.51.100.1", 1);
    attack("198.51.100.2", 2);
    appliance->control().save_state();
    const std::string decoy = "[[rule]]\nname = \"decoy\"\ndestination = \"10.1.0.1\"\naction = \"divert\"\n";
    begin(main_pot + decoy, "10s", "active = [\"10.1.0.0/30\"]\n");
    EXPECT_EQ(sessions(), (std::map<std::string, std::string>{{"198.51.100.1", "main"}}));
    EXPECT_TRUE(said("1 are for addresses that the configuration says are active")) << heard;
}

TEST_F(StateKeeperTest, AFileThatIsDamagedIsSetAsideAndTheStartGoesOn) {
    begin();
    attack("198.51.100.1", 1);
    appliance->control().save_state();
    std::fstream(file(), std::ios::in | std::ios::out | std::ios::binary).seekp(50).put('\x7f');
    begin();
    EXPECT_TRUE(sessions().empty());
    EXPECT_TRUE(std::filesystem::exists(file().string() + ".broken"));
    EXPECT_TRUE(
        said(fmt::format("error: restart: sessions of before are lost: {0}: block 1: its checksum is wrong; "
                         "it is set aside as {0}.broken",
                         file().string())))
        << heard;
    attack("198.51.100.1", 1);
    appliance->control().save_state();
    begin();
    EXPECT_EQ(sessions().size(), 1U);
}

TEST_F(StateKeeperTest, AFileOfANewerVersionOrOfAnotherCampusIsSetAside) {
    begin();
    appliance->control().save_state();
    std::fstream(file(), std::ios::in | std::ios::out | std::ios::binary).seekp(8).put('\x02');
    begin();
    EXPECT_TRUE(std::filesystem::exists(file().string() + ".newer"));
    EXPECT_TRUE(said("it is of version 2, and this program knows 1")) << heard;
    const std::vector campus{parse_prefix("192.0.2.0/24").value()};
    StateBlockWriter block(StateKind::campus);
    block.add(campus.front());
    std::ofstream out(file(), std::ios::binary);
    for (const StateBytes& part : {header_bytes({.saved_at = {}}), block.take(), end_bytes({})})
        out.write(reinterpret_cast<const char*>(part.data()), static_cast<std::streamsize>(part.size()));
    out.close();
    begin();
    EXPECT_TRUE(std::filesystem::exists(file().string() + ".other-campus"));
    EXPECT_TRUE(said("none of its prefixes is of this campus")) << heard;
}

TEST_F(StateKeeperTest, AFolderThatIsNotThereIsToldAndTheStartGoesOn) {
    appliance.emplace(
        fmt::format("[state]\nfolder = \"{}\"\n{}", (folder.path() / "none").string(), main_pot));
    attack("198.51.100.1", 1);
    EXPECT_EQ(sessions().size(), 1U);
    appliance->control().save_state();
    EXPECT_TRUE(said(fmt::format("sessions cannot be saved: {}: No such file or directory",
                                 (folder.path() / "none/sessions.new").string())))
        << heard;
}

TEST_F(StateKeeperTest, NothingIsKeptWhereTheConfigurationSaysSo) {
    begin(main_pot, "0s");
    attack("198.51.100.1", 1);
    appliance->control().save_state();
    EXPECT_FALSE(std::filesystem::exists(file()));
    EXPECT_TRUE(row("stats")[0]["saved_ms"].is_null());
}

TEST_F(StateKeeperTest, WhereALearnedHoneypotWasItIsAtOnce) {
    begin("[[honeypot]]\nname = \"learned\"\n");
    const dataplane::HoneypotAddress address({2, 0, 0, 0, 0, 0x77}, 0, 0);
    appliance->plane().honeypots().set(0, address);
    appliance->control().save_state();
    begin("[[honeypot]]\nname = \"learned\"\n");
    EXPECT_EQ(row("honeypots")[0]["mac"], "02:00:00:00:00:77");
    const auto now = appliance->plane().honeypots().address(0);
    ASSERT_TRUE(now) << "its packets go there at once";
    EXPECT_EQ(now->mac(), address.mac());
}

}  // namespace
}  // namespace honeyswitch::control
