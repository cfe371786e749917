#include "control/lists/auth_log.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "control/lists/failure_counter.hpp"
#include "control/lists/log_tail.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

constexpr Ipv4Address source{0x01020304}, other{0x05060708};
constexpr TimePoint start{1'000'000ms};

std::string line(const std::string& message) {
    return "Nov 23 10:00:00 gate sshd[123]: " + message;
}

TEST(FailedLoginTest, ReadsEachHeader) {
    const std::string message = "Failed password for root from 1.2.3.4 port 5 ssh2";
    for (const std::string header : {
             "Nov 23 10:00:00 gate sshd[123]: ",                    // syslog, journalctl -o short
             "Nov  3 10:00:00 gate sshd-session[123]: ",            // OpenSSH 9.8
             "Nov  3 10:00:00 gate sshd-auth[123]: ",               // OpenSSH 10
             "2026-11-23T10:00:00.123456+01:00 gate sshd[1]: ",     // rsyslog
             "2026-11-23T10:00:00+0100 gate sshd-session[1]: ",     // short-iso
             "2026-11-23T10:00:00.123456+0100 gate sshd[1]: ",      // short-iso-precise
             "Mon 2026-11-23 10:00:00 UTC gate sshd[1]: ",          // short-full
             "Mon 2026-11-23 10:00:00 CEST gate ssh.service[1]: ",  // with-unit
             "Mon 2026-11-23 10:00:00 UTC gate sshd@7-192.0.2.1:22-198.51.100.7:4711.service[1]: ",
             "[12345.678901] gate sshd[1]: ",  // short-monotonic
             "[   12.678901] gate sshd[1]: ",
             "[   12.678901 <    0.000123>] gate sshd[1]: ",  // short-delta
             "1764043200.123456 gate sshd[1]: ",              // short-unix
             "Nov 23 10:00:00 sshd[1]: ",                     // without the host
             "2026-11-23T10:00:00+0100 sshd[1]: ",
             "sshd[1]: ",
             "Nov 23 10:00:00 gate auth.info sshd[1]: ",  // busybox
             "auth.info sshd[1]: ",
             "Mon Nov 23 10:00:00 2026 auth.info sshd[1]: ",          // OpenWrt
             "Nov 23 10:00:00 <auth.info> gate sshd[1]: ",            // FreeBSD, syslogd -v
             "Nov 23 10:00:00 <4.6> gate sshd[1]: ",                  // and -vv
             "Nov 23 10:00:00 gate auth|security:info sshd[1]: ",     // AIX
             "Nov 23 10:00:00 gate sshd[1]: [ID 800047 auth.info] ",  // Solaris
             "<38>Nov 23 10:00:00 gate sshd[1]: ",                    // as it comes over the network
             "<38>1 2026-11-23T10:00:00.1Z gate sshd 123 - - ",       // RFC 5424
             "<38>1 2026-11-23T10:00:00.1Z gate sshd-session 123 ID47 - \xef\xbb\xbf",
             "2026 Nov 23 10:00:00 gate sshd[1]: ",
             "Nov 23 10:00:00: gate sshd[1]: ",
             "Nov 23 10:00:00 GATE sshd[1]: ",
             "Nov 23 10:00:00 gate /usr/sbin/sshd[1]:  ",
         })
        EXPECT_EQ(failed_login(header + message), (FailedLogin{source, 5})) << header;
    for (const std::string header : {"",
                                     "Nov 23 10:00:00 gate sshd: ",
                                     "Nov 23 10:00:00 gate sshd[x]: ",
                                     "Nov 23 10:00:00 gate sshd[1] ",
                                     "Nov 23 10:00:00 gate xsshd[1]: ",
                                     "Nov 23 10:00:00 gate su[1]: ",
                                     "Nov 23 10:00:00 gate kernel: sshd[1]: ",
                                     "Nov 23 10:00:00 gate vsftpd[1]: login as sshd[1]: ",
                                     "Nov 23 10:00:00 gate app[7] user x sshd[1]: ",
                                     "2026-11-23T10:00:00+0100 gate app sshd[1]: ",
                                     "Mon 2026-11-23 10:00:00 UTC gate session-3.scope[1]: ",
                                     "Nov 23 10:00:00 gate xssh.service[1]: ",
                                     "Nov 23 10:00:00 GATE app sshd[1]: ",
                                     "Mon 2026-11-23 10:00:00 UTC GATE APP sshd[1]: ",
                                     "<38>1 2026-11-23T10:00:00.1Z gate app 123 - - sshd[1]: ",
                                     "<38>1 2026-11-23T10:00:00.1Z gate app sshd 123 - - ",
                                     "<38>1 2026-11-23T10:00:00.1Z sshd 123 - - - ",
                                     "Nov 23 10:00:00 gate sshd[1]: [ID x auth.info] ",
                                     "Nov 23 10:00:00 gate user sshd[1]: ",
                                     "gate auth.info: sshd[1]: "})
        EXPECT_EQ(failed_login(header + message), std::nullopt) << header;
}

TEST(FailedLoginTest, WhatAnotherProgramQuotesIsNeverBelieved) {
    const std::string failure = "Failed password for root from 1.2.3.4 port 5 ssh2";
    for (const std::string header : {"Nov 23 10:00:00 gate ", "Nov 23 10:00:00 ", "[   12.345678] gate ", "",
                                     "2026-11-23T10:00:00+0100 gate ", "Mon 2026-11-23 10:00:00 UTC gate ",
                                     "Nov 23 10:00:00 gate auth.info "})
        for (const std::string program : {"vsftpd[1]: ", "su: ", "login[77]: ", "nginx.service[1]: "})
            for (const std::string quote :
                 {"", "sshd[1]: ", "Nov 23 10:00:00 gate sshd[1]: ", "\tsshd[1]: ", "12:00 sshd[1]: ",
                  "<38>1 2026-11-23T10:00:00.1Z gate sshd 123 - - "}) {
                const auto text = header + program + quote + failure;
                EXPECT_EQ(sshd_message(text), std::nullopt) << text;
            }
}

TEST(FailedLoginTest, AFailureUnderAnUnknownHeaderIsSeenToBeOne) {
    EXPECT_TRUE(looks_like_failed_login("{\"m\":\"Failed password for root from 1.2.3.4 port 5 ssh2\"}"));
    EXPECT_FALSE(looks_like_failed_login("Nov 23 10:00:00 gate CRON[1]: session opened for user root"));
}

TEST(FailedLoginTest, CountsPasswordsOneByOneAndTheRestByConnection) {
    constexpr FailedLogin password{source, 5}, connection{source, 5, 1, true};
    struct Row {
        const char* message;
        std::optional<FailedLogin> login;
    };
    for (const auto& [message, login] : {
             Row{"Failed password for root from 1.2.3.4 port 5 ssh2", password},
             Row{"Failed password for invalid user x y from 1.2.3.4 port 5 ssh2", password},
             Row{"Failed password for invalid user  from 1.2.3.4 port 5 ssh2", password},
             Row{"Failed keyboard-interactive/pam for root from 1.2.3.4 port 5 ssh2", password},
             Row{"Failed keyboard-interactive for invalid user x from 1.2.3.4 port 5 ssh2", password},
             Row{"Invalid user x from 1.2.3.4 port 5", connection},
             Row{"Invalid user  from 1.2.3.4 port 5", connection},
             Row{"Failed publickey for invalid user x from 1.2.3.4 port 5 ssh2: RSA SHA256:abc", connection},
             Row{"Connection closed by authenticating user root 1.2.3.4 port 5 [preauth]", connection},
             Row{"Connection closed by invalid user x 1.2.3.4 port 5 [preauth]", connection},
             Row{"Connection reset by authenticating user root 1.2.3.4 port 5 [preauth]", connection},
             Row{"Disconnected from authenticating user root 1.2.3.4 port 5 [preauth]", connection},
             Row{"Disconnected from invalid user x y 1.2.3.4 port 5 [preauth]", connection},
             Row{"error: maximum authentication attempts exceeded for root from 1.2.3.4 port 5 ssh2 "
                 "[preauth]",
                 connection},
             Row{"maximum authentication attempts exceeded for invalid user x from 1.2.3.4 port 5 ssh2 "
                 "[preauth]",
                 connection},
             Row{"message repeated 3 times: [ Failed password for root from 1.2.3.4 port 5 ssh2]",
                 FailedLogin{source, 5, 3}},
             // No failures, or none that is certain to be one.
             Row{"Accepted password for root from 1.2.3.4 port 5 ssh2", {}},
             Row{"Accepted publickey for root from 1.2.3.4 port 5 ssh2: RSA SHA256:abc", {}},
             Row{"Failed publickey for root from 1.2.3.4 port 5 ssh2: RSA SHA256:abc", {}},
             Row{"Failed none for invalid user x from 1.2.3.4 port 5 ssh2", {}},
             Row{"Postponed keyboard-interactive for root from 1.2.3.4 port 5 ssh2", {}},
             Row{"Connection closed by 1.2.3.4 port 5 [preauth]", {}},
             Row{"Connection closed by user root 1.2.3.4 port 5", {}},
             Row{"Disconnected from user root 1.2.3.4 port 5", {}},
             Row{"message repeated 0 times: [ Failed password for root from 1.2.3.4 port 5 ssh2]", {}},
             Row{"message repeated 3 times: [ Accepted password for root from 1.2.3.4 port 5 ssh2]", {}},
             // Not IPv4.
             Row{"Failed password for root from 2001:db8::1 port 5 ssh2", {}},
             Row{"Invalid user x from 2001:db8::1 port 5", {}},
             Row{"Connection closed by authenticating user root 2001:db8::1 port 5 [preauth]", {}},
             // Broken.
             Row{"Failed password for root from 1.2.3.4 port 5", {}},
             Row{"Failed password for root from 1.2.3.4 port 65536 ssh2", {}},
             Row{"Failed password for root from 1.2.3.4 port -5 ssh2", {}},
             Row{"Failed password for root from 1.2.3.400 port 5 ssh2", {}},
             Row{"Failed password for root from  port 5 ssh2", {}},
             Row{"Failed password for", {}},
             Row{"Invalid user x from 1.2.3.4", {}},
             Row{"", {}},
         })
        EXPECT_EQ(failed_login(line(message)), login) << message;
}

TEST(FailedLoginTest, CannotBeFooledByWhatTheAttackerChooses) {
    struct Row {
        std::string message;
        bool counts;  // as of 1.2.3.4, the true source; never of 9.9.9.9
    };
    const std::string forged = "x from 9.9.9.9 port 1 ssh2";
    for (const auto& [message, counts] : {
             Row{"Failed password for invalid user from 9.9.9.9 port 1 ssh2 from 1.2.3.4 port 5 ssh2", true},
             Row{"Failed password for invalid user " + forged + " from 1.2.3.4 port 5 ssh2", true},
             Row{"Invalid user x from 9.9.9.9 port 1 from 1.2.3.4 port 5", true},
             Row{"Connection closed by invalid user 9.9.9.9 port 1 [preauth] 1.2.3.4 port 5 [preauth]", true},
             Row{"error: maximum authentication attempts exceeded for " + forged +
                     " [preauth] from 1.2.3.4 port 5 ssh2 "
                     "[preauth]",
                 true},
             // The name of an unknown method is the client's too.
             Row{"Failed password for " + forged + " for invalid user y from 1.2.3.4 port 5 ssh2", true},
             // A user or a certificate that looks like the place: no telling which is true.
             Row{"Failed publickey for invalid user " + forged +
                     ": RSA SHA256:abc from 1.2.3.4 port 5 ssh2: RSA x",
                 false},
             Row{"Failed publickey for invalid user y from 1.2.3.4 port 5 ssh2: RSA-CERT SHA256:a ID " +
                     forged,
                 false},
             Row{"Failed publickey for invalid user y from 2001:db8::1 port 5 ssh2: RSA-CERT SHA256:a ID " +
                     forged,
                 false},
             Row{"Failed publickey for invalid user " + forged + " from 2001:db8::1 port 5 ssh2: RSA x",
                 false},
             // From IPv6.
             Row{"Failed password for invalid user " + forged + " from 2001:db8::1 port 5 ssh2", false},
             Row{"Failed password for invalid user " + forged + " from 2001:db8::1 port 5 ssh2]", false},
             Row{"Invalid user message repeated 3 times: [ Failed password for x from 9.9.9.9 port 1 ssh2]",
                 false},
             Row{"Invalid user sshd[1]: Failed password for " + forged + " from 2001:db8::1 port 5", false},
             // sshd cut it off where the attacker wanted it to.
             Row{"Failed password for " + std::string(970, 'x') + " from 9.9.9.9 port 1 ssh2", false},
             Row{"Failed publickey for invalid user " + std::string(970, 'x') + " from 9.9.9.9 port 1 ssh2",
                 false},
         }) {
        const auto login = failed_login(line(message));
        EXPECT_EQ(login.has_value(), counts) << message;
        EXPECT_EQ(login.value_or(FailedLogin{source}).address, source) << message;
    }
}

FailedLogin password(Ipv4Address address = source, std::uint16_t port = 5, unsigned times = 1) {
    return {address, port, times};
}
FailedLogin connection(std::uint16_t port = 5) {
    return {source, port, 1, true};
}

TEST(FailureCounterTest, ReachesItsNumberOnceWithinTheWindow) {
    FailureCounter counter(3, 60s);
    EXPECT_FALSE(counter.add(password(), start));
    EXPECT_FALSE(counter.add(password(), start + 30s));
    EXPECT_FALSE(counter.add(password(other), start + 30s));
    EXPECT_FALSE(counter.add(password(), start + 60s)) << "the first was too long ago";
    EXPECT_TRUE(counter.add(password(), start + 61s));
    EXPECT_FALSE(counter.add(password(), start + 62s)) << "begins anew";
    EXPECT_FALSE(counter.add(password(), start + 63s));
    EXPECT_TRUE(counter.add(password(), start + 64s));
    EXPECT_EQ(counter.size(), 1U);
}

TEST(FailureCounterTest, CountsRepetitions) {
    FailureCounter counter(5, 60s);
    EXPECT_FALSE(counter.add(password(), start));
    EXPECT_FALSE(counter.add(password(source, 5, 3), start));
    EXPECT_EQ(counter.size(), 4U);
    EXPECT_TRUE(counter.add(password(source, 5, 4'000'000'000), start));
}

TEST(FailureCounterTest, AConnectionWithoutPasswordsCountsOnce) {
    struct Row {
        const char* what;
        std::vector<FailedLogin> logins;
        std::size_t count;
    };
    for (const auto& [what, logins, count] :
         {Row{"invalid user, closed", {connection(), connection()}, 1},
          Row{"two connections", {connection(5), connection(6)}, 2},
          Row{"invalid user, password", {connection(), password()}, 1},
          Row{"invalid user, 2 passwords, closed", {connection(), password(), password(), connection()}, 2},
          Row{"passwords, too many", {password(), password(source, 5, 2), connection()}, 3},
          Row{"between those of another",
              {connection(5), connection(6), password(source, 6), password()},
              2}}) {
        FailureCounter counter(100, 60s);
        for (const auto& login : logins) EXPECT_FALSE(counter.add(login, start));
        EXPECT_EQ(counter.size(), count) << what;
    }
    FailureCounter counter(2, 600s);
    EXPECT_FALSE(counter.add(connection(), start));
    EXPECT_TRUE(counter.add(connection(), start + 200s)) << "the same port, but no login takes that long";
}

TEST(FailureCounterTest, ForgetsTheQuietestWhenFull) {
    FailureCounter counter(3, 60s, 4);
    for (const auto address : {source, source, other}) EXPECT_FALSE(counter.add(password(address), start));
    EXPECT_FALSE(counter.add(password({7}), start));
    EXPECT_FALSE(counter.add(password({8}), start)) << "source is forgotten";
    EXPECT_EQ(counter.size(), 3U);
    EXPECT_FALSE(counter.add(password(), start));
    EXPECT_FALSE(counter.add(password(other), start));
    for (std::uint32_t i = 100; i < 10'000; ++i) {
        EXPECT_FALSE(counter.add(password({i}), start));
        ASSERT_LE(counter.size(), 4U);
    }
    EXPECT_TRUE(FailureCounter(1, 60s, 0).add(password(), start));
}

struct LogTailTest : testing::Test {
    void append(const std::string& text) const { std::ofstream(file, std::ios::app) << text; }
    void rename() const { std::filesystem::rename(file, folder.path() / "log.1"); }
    std::vector<std::string> read(LogTail& tail) const {
        std::vector<std::string> lines;
        while (tail.read([&](std::string_view text) { lines.emplace_back(text); })) {
        }
        return lines;
    }
    using Lines = std::vector<std::string>;

    TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "log";
};

TEST_F(LogTailTest, BeginsAtTheEndAndReadsWhatIsNew) {
    append("old\nolder, and its end is yet to ");
    LogTail tail(file);
    EXPECT_EQ(read(tail), Lines{});
    append("come\nnew\r\n\npart");
    EXPECT_EQ(read(tail), Lines{"new"});
    append("ial\n");
    EXPECT_EQ(read(tail), Lines{"partial"});
}

TEST_F(LogTailTest, AFileThatAppearsIsReadFromItsBeginning) {
    LogTail tail(file);
    EXPECT_EQ(tail.error(), ENOENT);
    EXPECT_EQ(read(tail), Lines{});
    append("first\n");
    EXPECT_EQ(read(tail), Lines{"first"});
    EXPECT_EQ(tail.error(), 0);
}

TEST_F(LogTailTest, FollowsRotation) {
    append("old\n");
    LogTail tail(file);
    append("before\n");
    rename();
    EXPECT_EQ(read(tail), Lines{"before"});
    append("");
    std::ofstream(folder.path() / "log.1", std::ios::app) << "late\n";
    EXPECT_EQ(read(tail), Lines{"late"}) << "the writer has not noticed yet";
    std::ofstream(folder.path() / "log.1", std::ios::app) << "later\nwithout end";
    append("new\n");
    EXPECT_EQ(read(tail), (Lines{"later", "new"}));
    rename();
    append("newer\n");
    EXPECT_EQ(read(tail), Lines{"newer"});
}

TEST_F(LogTailTest, FollowsTruncation) {
    LogTail tail(file);
    append("one\ntwo\npartial");
    EXPECT_EQ(read(tail), (Lines{"one", "two"}));
    std::ofstream(file, std::ios::trunc) << "three\n";
    EXPECT_EQ(read(tail), Lines{"three"});
}

TEST_F(LogTailTest, LeavesOutOverlongLines) {
    LogTail tail(file);
    append(std::string(LogTail::longest_line, 'x') + "\n" + std::string(LogTail::longest_line + 1, 'y') +
           "\n" + std::string(200'000, 'z') + "\nshort\n");
    EXPECT_EQ(read(tail), (Lines{std::string(LogTail::longest_line, 'x'), "short"}));
}

TEST_F(LogTailTest, ReadsABoundedPortion) {
    LogTail tail(file);
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += "0123456789\n";
    append(text);
    std::size_t lines = 0;
    EXPECT_TRUE(tail.read([&](std::string_view) { ++lines; }));
    EXPECT_EQ(lines, LogTail::portion / 11);
    while (tail.read([&](std::string_view) { ++lines; })) {
    }
    EXPECT_EQ(lines, 20'000U);
}

TEST_F(LogTailTest, IsNotBlockedByWhatIsNoFile) {
    LogTail tail(folder.path());
    EXPECT_NE(tail.error(), 0);
    EXPECT_EQ(read(tail), Lines{});
}

}  // namespace
}  // namespace honeyswitch::control
