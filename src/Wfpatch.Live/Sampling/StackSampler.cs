// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Quiescence.Sampling;
using Wfpatch.Core.Unwinding;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Sampling;

/// <summary>
/// Watches the threads of a target for a while. Where they are blocked is read without a stop. A stack takes a short one:
/// twice for each place where a thread idles, and about once in two milliseconds for one of those that do not. A
/// thread in a call that may not be interrupted is not stopped. Nothing is written into the target.
/// </summary>
public sealed class StackSampler(Target target, FunctionNames names, StopLog stops)
{
    private const int MostFrames = 512;
    private const int StopsOfAnIdlePlace = 2;
    private const int SightsOfAnIdlePlace = 3;

    private readonly Unwinder _unwinder = target.CreateUnwinder(TargetState.Empty);
    private readonly Core.Unwinding.StackFrame[] _frames = new Core.Unwinding.StackFrame[MostFrames];
    private readonly Dictionary<int, Watched> _threads = [];
    private int _turn;

    /// <summary>A blocked thread's system call and stack pointer.</summary>
    private readonly record struct Place(long Call, Address StackPointer);

    private sealed record Seen(Place Place, ImmutableArray<SampledFrame> Frames);

    private sealed class Watched(string name)
    {
        public string Name { get; } = name;

        public Dictionary<Place, int> Sights { get; } = [];

        public List<Seen> Stacks { get; } = [];

        public Place IdlePlace => Sights.Count == 0 ? default : Sights.MaxBy(s => s.Value).Key;
    }

    public ImmutableArray<StackSample> Run(TimeSpan time, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time && !cancel.IsCancellationRequested)
        {
            var threads = target.Proc.ReadThreads();
            if (threads.IsEmpty)
            {
                break;
            }
            Look(threads);
            Thread.Sleep(2);
        }
        return
        [
            .. from thread in _threads
               from stack in thread.Value.Stacks
               let isIdle = stack.Place != default && stack.Place == thread.Value.IdlePlace
               select new StackSample(thread.Key, thread.Value.Name, isIdle, stack.Place == default ? "" : CallNames.NameOf(stack.Place.Call), stack.Frames),
        ];
    }

    private void Look(ImmutableArray<int> threads)
    {
        var busy = new List<(int Thread, Watched Watched)>();
        foreach (int thread in threads)
        {
            if (!_threads.TryGetValue(thread, out var watched))
            {
                _threads.Add(thread, watched = new Watched(target.Proc.ReadThreadName(thread) ?? ""));
            }
            if (target.Proc.ReadActivity(thread) is not { } activity || (activity.IsBlocked && InterruptibleCalls.FindObstacle(target.Linux, target.Process, in activity) is not null))
            {
                continue;
            }
            if (!activity.IsBlocked)
            {
                busy.Add((thread, watched));
                continue;
            }
            var place = new Place(activity.Number, activity.StackPointer);
            int sights = watched.Sights[place] = watched.Sights.GetValueOrDefault(place) + 1;
            if (place != watched.IdlePlace)
            {
                busy.Add((thread, watched));
            }
            else if (sights >= SightsOfAnIdlePlace && watched.Stacks.Count(s => s.Place == place) < StopsOfAnIdlePlace)
            {
                Stop(thread, watched);
            }
        }
        if (busy.Count > 0)
        {
            var (thread, watched) = busy[_turn++ % busy.Count];
            Stop(thread, watched);
        }
    }

    private void Stop(int thread, Watched watched)
    {
        int count;
        Place place;
        var terms = StopTerms.Read(target, thread, Address.Zero);
        if (!terms.MayStop)
        {
            return;
        }
        using (var stopped = StoppedThread.Take(target.Linux, thread, stops))
        {
            if (!stopped.IsStopped || stopped.GetRegisters(out var registers) != Errno.Success)
            {
                return;
            }
            place = (long)registers.OrigRax >= 0 ? new Place((long)registers.OrigRax, new Address(registers.Rsp)) : default;
            var set = OutsideMigration.ToRegisterSet(in registers);
            _ = _unwinder.Unwind(in set, target.Memory, _frames, out count);
            InterruptedCall.Restart(in stopped, ref registers, terms.Asleep);
        }
        var frames = ImmutableArray.CreateBuilder<SampledFrame>(count);
        for (int i = count - 1; i >= 0; i--)
        {
            if (names.Find(_frames[i].LookupAddress) is { } function)
            {
                frames.Add(new SampledFrame(function, _frames[i].FrameAddress));
            }
        }
        if (frames.Count > 0)
        {
            watched.Stacks.Add(new Seen(place, frames.ToImmutable()));
        }
    }
}
