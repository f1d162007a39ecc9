// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Audits;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Testing.Simulation;

/// <summary>
/// A target without a process: threads that execute the very bytes of entries and trampolines, one instruction at a time,
/// interleaved with controllers that write one store at a time, are killed, and are followed by others. Every call is checked
/// when it arrives.
/// </summary>
public sealed class Simulation
{
    private const int TraceLength = 200;
    private const int DrainTicks = 200_000;
    private const int AuditOneIn = 10;

    private readonly SimulationOptions _options;
    private readonly Random _random;
    private readonly SimulatedProgram _program;
    private readonly SimulationOracle _oracle;
    private readonly List<SimulatedThread> _threads = [];
    private readonly List<(uint Word, uint Grant)> _deadWords = [];
    private readonly Queue<string> _trace = new();
    private SimulatedBackend? _backend;
    private IEnumerator<CodeWrite>? _controller;
    private ImmutableArray<Expectation> _expected = [];
    private ulong _sequence;
    private int _steps;
    private bool _draining;

    private Simulation(SimulationOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _program = new SimulatedProgram(options.Functions, options.Patches);
        _oracle = new SimulationOracle(_program);
    }

    public SimulationTotals Totals { get; } = new();

    /// <summary>Runs one schedule to its end.</summary>
    /// <exception cref="SimulationException">An invariant does not hold; the message has the last steps.</exception>
    public static SimulationTotals Run(SimulationOptions options)
    {
        var simulation = new Simulation(options);
        try
        {
            simulation.Run();
        }
        catch (Exception e) when (e is SimulationException or InvalidOperationException or ArgumentException or KeyNotFoundException)
        {
            throw new SimulationException($"{options}\n{string.Join('\n', simulation._trace)}\n{e.Message}", e);
        }
        return simulation.Totals;
    }

    private void Run()
    {
        for (int i = 0; i < _options.Threads; i++)
        {
            var thread = new SimulatedThread(i, 0) { Serves = i % 3 != 2, Speed = _random.Next(3) switch { 0 => 1, 1 => 4, _ => 16 } };
            thread.Frames.Add(new SimulatedFrame(FrameKind.Loop, SimulatedProgram.Loop, 0, 0));
            _threads.Add(thread);
        }
        for (int tick = 0; tick < _options.Ticks; tick++)
        {
            Tick();
        }
        Drain();
        CheckEnd();
    }

    private void Tick()
    {
        if (!_draining && _random.Next(100) == 0)
        {
            // The scheduler's favour changes; some do not run at all for long, wherever they are.
            _threads[_random.Next(_threads.Count)].Speed = _random.Next(4) switch { 0 => 0, 1 => 1, 2 => 4, _ => 16 };
        }
        if (_controller is null)
        {
            if (_random.Next(20) == 0)
            {
                StartCommand();
            }
        }
        else if (_random.Next(3) == 0)
        {
            StepController();
            return;
        }
        StepThread(PickThread());
    }

    // ----- controllers -----

    private void StartCommand()
    {
        _backend = new SimulatedBackend(_program, _random, _options.Mistake, (state, sequence) =>
        {
            if (sequence > _sequence)
            {
                _sequence = sequence;
                _oracle.Journaled(state, Totals);
                _expected = TargetExpectations.Of(state, []);
                Trace($"journal {sequence}: generation {state.Generation}, transition {state.Transition}");
            }
        });
        int patch = _random.Next(_options.Patches.Length);
        int rounds = _draining ? int.MaxValue : _random.Next(1, 40);
        bool revert = _random.Next(3) == 0;
        if (_backend.State.Transition is { } open && (_draining || _random.Next(4) != 0))
        {
            patch = _program.FindPatch(_backend.State.Images[open.Image]);
            revert = open.Kind == TransitionKind.Revert || open.ReversedTo != 0 || open.Phase == TransitionPhase.Cancelling
                || _random.Next(open.Phase == TransitionPhase.Arming ? 2 : 5) == 0;
        }
        var controller = new SimulatedController(_backend, _threads, _options, rounds, _random);
        Trace($"{(revert ? "revert" : "apply")} patch {patch}");
        bool canaries = _options.Canaries && !_draining && _random.Next(3) != 0;
        _controller = (revert ? controller.Revert(patch) : controller.Apply(patch, canaries ? _random.Next(1, 4) : 0, _options.Globals && _random.Next(2) == 0 ? Consistency.Global : Consistency.Local, _options.Replaces && _random.Next(2) == 0)).GetEnumerator();
    }

    private void StepController()
    {
        if (!_controller!.MoveNext())
        {
            EndController("the controller is done");
            return;
        }
        if (++_steps % AuditOneIn == 0)
        {
            CheckAudit();
        }
        if (_controller.Current is { Bytes.Length: > 0 } store)
        {
            Trace($"store {Convert.ToHexStringLower(store.Bytes)} at {store.Address}");
        }
        // While functions are redirected more often: that is where a transition can still be cancelled.
        int oneIn = _oracle.State.Transition is { Phase: TransitionPhase.Arming } ? Math.Max(3, _options.CrashOneIn / 20) : _options.CrashOneIn;
        if (!_draining && _options.CrashOneIn > 0 && _random.Next(oneIn) == 0)
        {
            Totals.Crashes++;
            EndController("the controller is killed");
        }
    }

    private void EndController(string how)
    {
        Trace(how);
        _threads.ForEach(t => t.IsHeld = false);
        CheckAudit();
        _controller!.Dispose();
        _controller = null;
    }

    // ----- threads -----

    private SimulatedThread PickThread()
    {
        int total = _threads.Sum(t => t.Speed);
        if (total == 0)
        {
            return _threads[_random.Next(_threads.Count)];
        }
        int picked = _random.Next(total);
        foreach (var thread in _threads)
        {
            picked -= thread.Speed;
            if (picked < 0)
            {
                return thread;
            }
        }
        return _threads[^1];
    }

    private void StepThread(SimulatedThread thread)
    {
        if (thread.IsHeld)
        {
            return;
        }
        if (thread.IsBlocked)
        {
            thread.IsBlocked = _random.Next(8) != 0;
        }
        else if (!_draining && _random.Next(60) == 0 && thread.Frames.Count is > 0 and < 8)
        {
            Interrupt(thread);
        }
        else if (thread.Pc is not null)
        {
            Execute(thread);
        }
        else
        {
            ThreadProgram.Act(this, thread);
        }
    }

    private void Interrupt(SimulatedThread thread)
    {
        Totals.Signals++;
        thread.Frames.Add(new SimulatedFrame(FrameKind.Handler, SimulatedProgram.Handler, 0, 0, thread.Pc is { } pc ? (pc, thread.Zero) : null));
        thread.Pc = null;
        Trace($"signal: {thread}");
    }

    private void Execute(SimulatedThread thread)
    {
        var at = thread.Pc!.Value;
        var ignored = IgnoredBytes(thread, at);
        int length = Interpreter.Step(thread, _program.Memory);
        Trace($"{thread}");
        if (_controller is not null && _backend!.InFlight is { Length: > 0 } changing
            && changing.Overlaps(AddressRange.OfLength(at, length)) && !ignored.Contains(changing))
        {
            throw new SimulationException($"thread {thread.Id} executes {at} while {changing} is being written");
        }
        Arrive(thread, thread.Pc!.Value);
    }

    /// <summary>The bytes of an instruction that decide nothing, so that they may change meanwhile: the operand of a slot that is
    /// off, and the target of a branch that is not taken.</summary>
    private AddressRange IgnoredBytes(SimulatedThread thread, Address at)
    {
        bool isTest = _program.Memory[at] == 0xa9;
        bool isBranchNotTaken = _program.Memory[at] == 0x0f && _program.Memory[at + 1] == 0x84 && !thread.Zero;
        return isTest ? AddressRange.OfLength(at + 1, 4) : isBranchNotTaken ? AddressRange.OfLength(at + 2, 4) : default;
    }

    private void Arrive(SimulatedThread thread, Address at)
    {
        _oracle.CheckChosen(thread);
        if (at == _program.Clone.Body)
        {
            Bear(thread, thread.Newborn!);
        }
        else if (at == _program.Start.Body)
        {
            Enter(thread, new SimulatedFrame(FrameKind.Loop, SimulatedProgram.Loop, 0, 0));
        }
        else if (at == _program.Point.Body)
        {
            thread.Calls.Clear();
            Enter(thread, new SimulatedFrame(FrameKind.Request, at, _random.Next(1, 4), 0));
        }
        else if (_program.TryFindBody(at, out var body))
        {
            Totals.Calls++;
            int expected = _oracle.VersionFor(thread, body.Function);
            if (expected != body.Version)
            {
                throw new SimulationException($"thread {thread.Id} with word {thread.Word} gets version {body.Version} of f{body.Function} and not {expected}");
            }
            thread.Calls.Add(body);
            Enter(thread, new SimulatedFrame(FrameKind.Function, at, body.Function, body.Version));
            _oracle.CheckApart(_threads);
        }
    }

    private void Bear(SimulatedThread creator, SimulatedThread newborn)
    {
        creator.Pc = null;
        creator.Newborn = null;
        newborn.ChosenFor = Math.Max(newborn.ChosenFor, creator.ChosenFor);
        if (creator.PassesOn && newborn.Word != creator.Word && _oracle.State.Transition is { Canaries: > 0 })
        {
            throw new SimulationException($"thread {newborn.Id} does not follow its creator {creator}");
        }
        Totals.Heirs += creator.PassesOn ? 1 : 0;
        _threads.Add(newborn);
        Trace($"born: {newborn}");
    }

    private static void Enter(SimulatedThread thread, SimulatedFrame frame)
    {
        thread.Frames.Add(frame);
        thread.Pc = null;
    }

    /// <summary>What threads do of themselves: the part of the target that is not interpreted.</summary>
    private static class ThreadProgram
    {
        public static void Act(Simulation s, SimulatedThread thread)
        {
            switch (thread.Top.Kind)
            {
                case FrameKind.Loop:
                    InLoop(s, thread);
                    break;
                case FrameKind.Request:
                    InRequest(s, thread);
                    break;
                case FrameKind.Function:
                    InFunction(s, thread);
                    break;
                default:
                    InHandler(s, thread);
                    break;
            }
        }

        private static void InLoop(Simulation s, SimulatedThread thread)
        {
            int choice = s._random.Next(16);
            if (choice < 4)
            {
                thread.IsBlocked = true;
            }
            else if (choice == 4 && !s._draining && s._threads.Count > 2)
            {
                End(s, thread);
            }
            else if (choice == 5 && !s._draining && s._threads.Count < s._options.Threads * 2)
            {
                Create(s, thread);
            }
            else if (thread.Serves)
            {
                thread.Pc = s._program.Point.Entry;
            }
            else
            {
                thread.Calls.Clear();
                Call(s, thread);
            }
        }

        private static void InRequest(Simulation s, SimulatedThread thread)
        {
            if (s._random.Next(8) == 0)
            {
                thread.IsBlocked = true;
                return;
            }
            if (thread.Top.Function > 0)
            {
                thread.Frames[^1] = thread.Top with { Function = thread.Top.Function - 1 };
                Call(s, thread);
                return;
            }
            s.Totals.Requests++;
            if (s._options.Points)
            {
                s.CheckOneGeneration(thread);
            }
            thread.Frames.RemoveAt(thread.Frames.Count - 1);
        }

        private static void InFunction(Simulation s, SimulatedThread thread)
        {
            int choice = s._random.Next(12);
            if (choice == 0)
            {
                thread.IsBlocked = true;
            }
            else if (choice < 4 && thread.Frames.Count < 6)
            {
                Call(s, thread);
            }
            else
            {
                thread.Frames.RemoveAt(thread.Frames.Count - 1);
                if (!s._options.Points && !thread.Frames.Exists(f => f.Kind == FrameKind.Function))
                {
                    s.CheckOneGeneration(thread);
                    thread.Calls.Clear();
                }
            }
        }

        private static void InHandler(Simulation s, SimulatedThread thread)
        {
            int choice = s._random.Next(8);
            if (choice == 0)
            {
                thread.IsBlocked = true;
            }
            else if (choice == 1 && thread.Frames.Count < 6)
            {
                Call(s, thread);
            }
            else if (choice > 4)
            {
                var interrupted = thread.Top.Interrupted;
                thread.Frames.RemoveAt(thread.Frames.Count - 1);
                thread.Pc = interrupted?.Pc;
                thread.Zero = interrupted?.Zero ?? thread.Zero;
            }
        }

        private static void Call(Simulation s, SimulatedThread thread) => thread.Pc = s._program.Functions[s._random.Next(s._options.Functions)].Entry;

        private static void End(Simulation s, SimulatedThread thread)
        {
            thread.HasEnded = true;
            s._threads.Remove(thread);
            s._deadWords.Add((thread.Word, thread.Grant));
            s.Trace($"ended: {thread}");
        }

        /// <summary>A new thread has a fresh stack, or that of one that has ended, with its word.</summary>
        private static void Create(Simulation s, SimulatedThread creator)
        {
            var (word, grant) = s._deadWords.Count > 0 && s._random.Next(2) == 0 ? s._deadWords[s._random.Next(s._deadWords.Count)] : default;
            creator.Newborn = new SimulatedThread(s.Totals.Births++ + s._options.Threads, word)
            {
                Grant = grant,
                Serves = s._random.Next(2) == 0,
                Pc = s._program.Start.Entry,
            };
            creator.PassesOn = s._oracle.State.Transition is { Canaries: > 0 } open && creator.Word == open.Generation;
            creator.Pc = s._program.Clone.Entry;
        }
    }

    // ----- checks -----

    /// <summary>Whatever a controller has just done, and wherever one was killed: an audit finds no difference. (A mistake shall be
    /// found by what it does to threads.)</summary>
    private void CheckAudit()
    {
        if (_options.Mistake != SimulatedMistake.None)
        {
            return;
        }
        if (_expected.Select(e => e.Compare(_program.Memory)).FirstOrDefault(d => d is not null) is { } difference)
        {
            throw new SimulationException($"an audit says {difference}");
        }
        Totals.Audits++;
    }

    private void CheckOneGeneration(SimulatedThread thread)
    {
        if (!_oracle.IsOneGeneration(thread.Calls))
        {
            throw new SimulationException($"thread {thread.Id} was in two generations: {string.Join(' ', thread.Calls.Select(c => $"f{c.Function}v{c.Version}"))}");
        }
    }

    /// <summary>Brings what is open to its end. Nobody is killed or held up any more, so it must have one.</summary>
    private void Drain()
    {
        _draining = true;
        if (_controller is not null)
        {
            EndController("the last controller is killed");
        }
        _threads.ForEach(t => t.Speed = 8);
        for (int tick = 0; tick < DrainTicks; tick++)
        {
            if (_controller is null)
            {
                if (_oracle.State.Transition is null)
                {
                    return;
                }
                StartCommand();
            }
            Tick();
        }
        throw new SimulationException("the transition does not end");
    }

    private void CheckEnd()
    {
        foreach (var thread in _threads)
        {
            for (int function = 0; function < _options.Functions; function++)
            {
                if (thread.Frames.Count == 0)
                {
                    thread.Frames.Add(new SimulatedFrame(FrameKind.Loop, SimulatedProgram.Loop, 0, 0));
                }
                for (thread.Pc = _program.Functions[function].Entry; thread.Pc is not null;)
                {
                    Execute(thread);
                }
            }
        }
        foreach (var redirect in _oracle.State.Redirects.Where(r => r.Slot < 0))
        {
            CheckOriginal(redirect.Plan);
        }
        foreach (var hook in _oracle.State.Hooks)
        {
            CheckOriginal(hook.Plan);
        }
    }

    private void CheckOriginal(RedirectPlan plan)
    {
        var range = plan.Write.Range;
        if (!_program.Memory.Read(range.Start, (int)range.Length)!.AsSpan().SequenceEqual(_program.Original.Read(range.Start, (int)range.Length)))
        {
            throw new SimulationException($"{plan.Entry} is not as it was");
        }
    }

    private void Trace(string line)
    {
        _trace.Enqueue(line);
        if (_trace.Count > TraceLength)
        {
            _trace.Dequeue();
        }
    }
}
