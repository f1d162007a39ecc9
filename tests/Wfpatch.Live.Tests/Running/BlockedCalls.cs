// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Linux;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>What one thread of blocked.c says when it has come out of its call.</summary>
/// <param name="Answer">The version that it runs then.</param>
public sealed record Woken(string Name, long Result, int Errno, TimeSpan Waited, int Answer);

/// <summary>blocked.c: threads that are blocked in the kernel, each in its own way.</summary>
public sealed class BlockedCalls : IAsyncDisposable
{
    private const string Timed = "-timed";
    private const int Interrupted = 4, TryAgain = 11, RingTimedOut = 62, TimedOut = 110; // EINTR, EAGAIN, ETIME, ETIMEDOUT
    private const int Many = 1 << 20;

    private readonly TestTarget _target;
    private readonly TimeSpan _timeout;

    private BlockedCalls(TestTarget target, TimeSpan timeout)
    {
        _target = target;
        _timeout = timeout;
        Threads = target.Greeting.Select(line => line.Split(' ')).ToImmutableDictionary(parts => parts[1], parts => int.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    public int Id => _target.Id;

    /// <summary>Thread ids by the name of the way.</summary>
    public ImmutableDictionary<string, int> Threads { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="timeout">Of the timed calls. The kernel's own timers for sockets are coarser the longer they are (kernel/time/timer.c): above 15 s more than the second
    /// that <see cref="ExpectUndisturbed"/> allows.</param>
    /// <param name="only">One way alone; null: all of them.</param>
    public static async Task<BlockedCalls> StartAsync(TestPatch patch, TimeSpan timeout, string? only = null)
    {
        ImmutableArray<string> arguments = ["--timeout-ms", $"{timeout.TotalMilliseconds}", .. only is null ? (ImmutableArray<string>)[] : ["--only", only]];
        BlockedCalls calls = new(await PatchableTarget.StartAsync("blocked", patch, arguments), timeout);
        ProcFs proc = new(calls.Id);
        await Until.TrueAsync(() => calls.Threads.Values.All(thread => proc.ReadActivity(thread) is { IsBlocked: true }));
        return calls;
    }

    /// <summary>The next thread that comes out of its call; null when all have.</summary>
    public async Task<Woken?> NextAsync()
    {
        string line = await _target.ReadLineAsync(Cancel);
        if (line == "done")
        {
            return null;
        }
        var fields = line.Split(' ').Skip(2).Select(field => field.Split('=')).ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
        return new(line.Split(' ')[1], fields["ret"], (int)fields["errno"], TimeSpan.FromMicroseconds(fields["waited_us"]), (int)fields["answer"]);
    }

    /// <summary>All that come out, to the end. Those without a time limit are woken when the others are through.</summary>
    /// <param name="mayCome">These may come out although nobody woke them.</param>
    public async Task<ImmutableArray<Woken>> AllAsync(params string[] mayCome)
    {
        var all = ImmutableArray.CreateBuilder<Woken>();
        int timed = Threads.Keys.Count(IsTimed);
        bool isWoken = false;
        while (true)
        {
            if (all.Count(woken => IsTimed(woken.Name)) == timed && !isWoken)
            {
                isWoken = true;
                Assert.All(all, woken => Assert.True(IsTimed(woken.Name) || mayCome.Contains(woken.Name), $"{woken.Name} came out although nobody woke it"));
                await BackInTheirCallsAsync([.. all.Select(woken => woken.Name)]);
                _target.Send("wake");
            }
            if (await NextAsync() is not { } next)
            {
                return all.ToImmutable();
            }
            all.Add(next);
        }
    }

    /// <summary>A thread that we let go may not have run yet. When its call starts again the kernel compares a futex's word once
    /// more (futex(2), EAGAIN): woken before that, it comes out another way than one that sleeps, with or without us.</summary>
    private async Task BackInTheirCallsAsync(string[] gone)
    {
        ProcFs proc = new(Id);
        var waiting = Threads.Where(thread => !IsTimed(thread.Key) && !gone.Contains(thread.Key)).Select(thread => thread.Value).ToArray();
        await Until.TrueAsync(() => waiting.All(thread => proc.ReadActivity(thread) is { IsBlocked: true }));
    }

    public static bool IsTimed(string name) => name.EndsWith(Timed, StringComparison.Ordinal);

    /// <summary>The call ended as it would have without us: result, errno, and not a moment too early.</summary>
    public void ExpectUndisturbed(Woken woken)
    {
        var (result, error) = ExpectedEnd(woken.Name);
        Assert.Equal((woken.Name, result, error), (woken.Name, woken.Result, woken.Errno));
        if (IsTimed(woken.Name))
        {
            Assert.True(woken.Waited > _timeout - TimeSpan.FromMilliseconds(50), $"{woken.Name} waited {woken.Waited.TotalMilliseconds} of {_timeout.TotalMilliseconds} ms");
            Assert.True(woken.Waited < _timeout + TimeSpan.FromSeconds(1), $"{woken.Name} waited {woken.Waited.TotalMilliseconds} instead of {_timeout.TotalMilliseconds} ms");
        }
    }

    public ValueTask DisposeAsync() => _target.DisposeAsync();

    private static (long Result, int Errno) ExpectedEnd(string name) => name switch
    {
        "epoll" or "epoll_pwait2" or "read_pipe" or "recv" or "recvmsg" or "poll" or "select" or "write" or "send" or "msgrcv" => (1, 0),
        "epoll_pwait" or "ppoll" or "pselect" or "readv" or "recvmmsg" or "io_getevents" => (1, 0),
        _ when name.EndsWith("_many", StringComparison.Ordinal) => (Many, 0), // all of it, and not the part that was done when it was stopped
        "io_uring-timed" => (-1, RingTimedOut),
        "read_timerfd-timed" => (sizeof(ulong), 0),
        "futex-timed" or "futex_waitv-timed" or "condition-timed" or "semaphore-timed" or "mq_receive-timed" => (-1, TimedOut),
        "recv-timed" or "send-timed" or "sigwait-timed" or "semtimedop-timed" => (-1, TryAgain),
        "pause" or "sigsuspend" => (-1, Interrupted), // that is how it ends: by a signal of the program's own
        _ => (0, 0),
    };
}
