// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Obstacles;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>How limits of control groups are read, from files as the kernel's documentation has them: both versions, nested groups, containers, swap.</summary>
public sealed class MemoryGroupTests
{
    private const string Unified = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
    private const string Container = "700 690 0:26 /kubepods/pod1 /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw";
    private const string Hybrid = "30 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n31 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";

    private const ulong Needed = 1 << 20;

    [Fact]
    public void A_group_of_version_2_at_its_limit()
    {
        var full = Find("/app", Unified, "/sys/fs/cgroup/app/memory.max=8388608", "/sys/fs/cgroup/app/memory.current=8000000");
        Assert.Equal(("/app", 8388608UL, 388608UL), (full!.Path, full.Limit, full.Room));
    }

    [Fact]
    public void A_group_above_it_counts_as_well()
    {
        var full = Find("/a/b/c", Unified, "/sys/fs/cgroup/a/b/c/memory.max=max", "/sys/fs/cgroup/a/b/c/memory.current=5", "/sys/fs/cgroup/a/memory.max=4194304", "/sys/fs/cgroup/a/memory.current=4194304");
        Assert.Equal(("/a", 0UL), (full!.Path, full.Room));
    }

    [Theory]
    [InlineData("/sys/fs/cgroup/app/memory.max=max", "/sys/fs/cgroup/app/memory.current=8000000")]
    [InlineData("/sys/fs/cgroup/app/memory.max=8388608", "/sys/fs/cgroup/app/memory.current=1000000")]
    [InlineData("/sys/fs/cgroup/app/memory.current=8000000", "")]
    [InlineData("/sys/fs/cgroup/app/memory.max=", "/sys/fs/cgroup/app/memory.current=8000000")]
    public void Without_a_limit_that_is_near_there_is_room(string one, string other) => Assert.Null(Find("/app", Unified, one, other));

    /// <summary>Pages of files and swap are room; swap only as far as the group may have it and the machine has some.</summary>
    [Theory]
    [InlineData("inactive_file 1000000\nactive_file 500000\nslab_reclaimable 0", "", "0", false)]
    [InlineData("inactive_file 10\nactive_file 0", "", "0", true)]
    [InlineData("", "max", "100000", false)]
    [InlineData("", "0", "100000", true)]
    [InlineData("", "4194304", "100000", false)]
    [InlineData("", "4194304", "100", true)]
    public void What_can_be_taken_back_is_room(string statistics, string swapLimit, string swapFreeKilobytes, bool isFull)
    {
        var full = Find(
            "/app", Unified, "/sys/fs/cgroup/app/memory.max=8388608", "/sys/fs/cgroup/app/memory.current=8388608", $"/sys/fs/cgroup/app/memory.stat={statistics}",
            $"/sys/fs/cgroup/app/memory.swap.max={swapLimit}", "/sys/fs/cgroup/app/memory.swap.current=0", $"/proc/meminfo=MemTotal: 1 kB\nSwapFree:   {swapFreeKilobytes} kB\n");
        Assert.Equal(isFull, full is not null);
    }

    [Fact]
    public void In_a_container_the_mount_shows_a_part_of_the_hierarchy()
    {
        var full = Find("/kubepods/pod1/app", Container, "/sys/fs/cgroup/app/memory.max=4096", "/sys/fs/cgroup/app/memory.current=4096");
        Assert.Equal("/app", full!.Path);
    }

    [Fact]
    public void A_group_of_version_1()
    {
        var full = MemoryGroup.FindFull(("/app", false), Needed, Files(Hybrid, "/sys/fs/cgroup/memory/app/memory.limit_in_bytes=4194304", "/sys/fs/cgroup/memory/app/memory.usage_in_bytes=4190000"));
        Assert.Equal(4304UL, full!.Room);
    }

    [Fact]
    public void What_cannot_be_seen_is_no_obstacle()
    {
        Assert.Null(MemoryGroup.FindFull(null, Needed, _ => null));
        Assert.Null(Find("/app", ""));
    }

    private static MemoryGroup.Full? Find(string group, string mounts, params string[] files) => MemoryGroup.FindFull((group, true), Needed, Files(mounts, files));

    private static Func<string, string?> Files(string mounts, params string[] files)
    {
        var all = files.Where(f => f.Length > 0).Select(f => f.Split('=', 2)).ToDictionary(f => f[0], f => f[1]);
        all["/proc/self/mountinfo"] = mounts;
        return all.GetValueOrDefault;
    }
}
