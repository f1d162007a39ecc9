// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Generations;
using Wfpatch.Lab.Servers;

namespace Wfpatch.Live.Tests.Memcached;

/// <summary>Each patch of tests/cases/memcached on the distribution's stripped memcached: the new answer comes and the old one
/// does not; after the revert it is the other way round.</summary>
[Collection(MemcachedTestsGroup.Name)]
public sealed class EffectTests(MemcachedPatches patches)
{
    private const int Threads = 4;
    private const string OldVersion = "VERSION 1.6.18";
    private const string NewVersion = "VERSION 1.6.18+wfp";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Each_patch_file_has_its_test()
    {
        var files = Directory.EnumerateFiles(MemcachedPatches.Folder, "*.patch").Select(f => Path.GetFileNameWithoutExtension(f)).Order();
        Assert.Equal(["binary-set-crash", "demo", "get-hot-path", "static-function", "ten-functions", "version-reply"], files);
    }

    [Theory]
    [InlineData("version-reply", "version", OldVersion, NewVersion)]
    [InlineData("demo", "version", OldVersion, NewVersion)]
    [InlineData("ten-functions", "lru_crawler nonsense", "ERROR", "ERROR unknown lru_crawler command")]
    [InlineData("static-function", "lru_crawler nonsense", "ERROR", "ERROR unknown lru_crawler command")]
    public async Task A_reply_changes_and_changes_back(string name, string command, string oldReply, string newReply)
    {
        var patch = await patches.GetAsync(name);
        await using var server = await PatchedMemcached.StartAsync(Threads, Cancel);
        Assert.Equal(oldReply, server.Ask(command));
        server.Apply(patch);
        Assert.Equal(newReply, server.Ask(command));
        server.Revert();
        Assert.Equal(oldReply, server.Ask(command));
    }

    /// <summary>Guards take pages of the target: libevent imports epoll_wait alone, so the other calls get none.</summary>
    [Fact]
    public async Task Only_calls_that_the_program_can_make_are_guarded()
    {
        const string EpollWait = "system call 232";
        var patch = await patches.GetAsync("version-reply");
        await using var server = await PatchedMemcached.StartAsync(Threads, Cancel);
        var guards = server.Plan(patch).Open.Hooks.Where(h => h.Kind == HookKind.CallGuard).Select(h => h.Name).ToHashSet();
        Assert.Equal([EpollWait], guards);
    }

    [Fact]
    public async Task A_hit_of_get_counts_twice_and_then_once_again()
    {
        var patch = await patches.GetAsync("get-hot-path");
        await using var server = await PatchedMemcached.StartAsync(Threads, Cancel);
        Assert.Equal("STORED", server.Ask("set key 0 0 5\r\nvalue"));
        Assert.Equal(1, CountedByOneHit(server));
        server.Apply(patch);
        Assert.Equal(2, CountedByOneHit(server));
        server.Revert();
        Assert.Equal(1, CountedByOneHit(server));
    }

    [Theory]
    [InlineData("binary-set-crash")]
    [InlineData("demo")]
    public async Task The_request_that_kills_it_is_survived_while_the_patch_is_in(string name)
    {
        var patch = await patches.GetAsync(name);
        await using var server = await PatchedMemcached.StartAsync(Threads, Cancel);
        server.Apply(patch);
        using (MemcachedCrash crash = new(server.Server.Port))
        {
            Assert.True(crash.SendDeadlySet());
        }
        Assert.StartsWith(OldVersion, server.Ask("version"), StringComparison.Ordinal);
        server.Revert();
        using (MemcachedCrash crash = new(server.Server.Port))
        {
            Assert.False(crash.SendDeadlySet());
        }
        var end = await server.Server.Process.WaitForExitAsync(Cancel);
        Assert.Equal(11, end.Signal); // SIGSEGV
    }

    [Fact]
    public async Task A_second_patch_goes_on_top_of_the_first_and_comes_off_alone()
    {
        await using var server = await PatchedMemcached.StartAsync(Threads, Cancel);
        Assert.Equal("STORED", server.Ask("set key 0 0 5\r\nvalue"));
        server.Apply(await patches.GetAsync("version-reply"));
        server.Apply(await patches.GetAsync("binary-set-crash"));
        Assert.Equal(NewVersion, server.Ask("version"));
        using (MemcachedCrash crash = new(server.Server.Port))
        {
            Assert.True(crash.SendDeadlySet());
        }
        server.Revert();
        Assert.Equal(NewVersion, server.Ask("version"));
        server.Revert();
        Assert.Equal(OldVersion, server.Ask("version"));
        Assert.Equal("VALUE key 0 5", server.Ask("get key"));
    }

    /// <summary>In place of the first, under its own terms: the other reply goes as the crash does.</summary>
    [Fact]
    public async Task A_second_patch_takes_the_place_of_the_first()
    {
        await using var server = await PatchedMemcached.StartAsync(Threads, Cancel);
        server.Apply(await patches.GetAsync("version-reply"));
        Assert.Equal(NewVersion, server.Ask("version"));
        var report = server.Apply(await patches.GetAsync("binary-set-crash"), replaces: true);
        Assert.Equal(["version-reply"], report.Replaced.Select(p => p.Name));
        Assert.Equal(OldVersion, server.Ask("version"));
        using (MemcachedCrash crash = new(server.Server.Port))
        {
            Assert.True(crash.SendDeadlySet());
        }
        server.Revert();
        Assert.Equal(OldVersion, server.Ask("version"));
    }

    private static long CountedByOneHit(PatchedMemcached server)
    {
        long before = server.Statistic("cmd_get");
        Assert.Equal("VALUE key 0 5", server.Ask("get key"));
        Assert.Equal(("value", "END"), (server.NextLine(), server.NextLine()));
        return server.Statistic("cmd_get") - before;
    }
}
