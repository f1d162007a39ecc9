// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Testing.Simulation;

/// <summary>
/// The dispatch backend on simulated memory, one store at a time: each element of the sequences that its verbs give is one
/// store, and between any two of them threads run, or the controller dies. It does what Wfpatch.Live's DispatchBackend and
/// TransitionPlanner do, with the same pure parts.
/// </summary>
public sealed class SimulatedBackend
{
    private readonly SimulatedProgram _program;
    private readonly Random _random;
    private readonly Action<TargetState, ulong> _journaled;
    private readonly SimulatedMistake _mistake;
    private ulong _sequence;

    /// <summary>A new controller's backend: it knows what the journal in the target says, and nothing else.</summary>
    /// <param name="journaled">Called with a state that lies whole in the journal, and its sequence number.</param>
    public SimulatedBackend(SimulatedProgram program, Random random, SimulatedMistake mistake, Action<TargetState, ulong> journaled)
    {
        _mistake = mistake;
        _program = program;
        _random = random;
        _journaled = journaled;
        var newest = Enumerable.Range(0, 2).Select(ReadCopy).Where(c => c is not null).MaxBy(c => c!.Value.Sequence);
        State = newest?.State ?? TargetState.Empty;
        _sequence = newest?.Sequence ?? 0;
        // A copy may be whole although its writer was killed before the last bytes, which lay there already.
        journaled(State, _sequence);
    }

    public TargetState State { get; private set; }

    /// <summary>Bytes that a write of several stores is changing just now.</summary>
    public AddressRange InFlight { get; private set; }

    public IEnumerable<CodeWrite> Prepare(TransitionKind kind, int patch, bool points, int canaries = 0, Consistency consistency = Consistency.Local, bool replaces = false)
    {
        var hooks = State.Hooks.Select(h => h with { IsArmed = false }).ToList();
        var space = BuildSpace();
        var redirects = kind == TransitionKind.Apply ? PlanRedirects(patch, space) : State.Redirects;
        Arm(hooks, _program.Start, HookKind.ThreadStart, space);
        if (points)
        {
            Arm(hooks, _program.Point, HookKind.Point, space);
        }
        if (canaries > 0)
        {
            Arm(hooks, _program.Clone, HookKind.Clone, space);
        }
        int image = FindImage(patch);
        var pages = State.TrampolinePages.Union(space.NewPages).ToImmutableArray();
        var planned = State with
        {
            Redirects = redirects,
            Hooks = [.. hooks],
            Images = image >= 0 ? State.Images : State.Images.Add(_program.Images[patch]),
            TrampolinePages = pages,
            Regions = [new RegionState(SimulatedProgram.Region, (ulong)JournalLayout.CodeOffset)],
        };
        var open = Transitions.Open(planned, kind, image >= 0 ? image : State.Images.Length, points ? "points" : "outside", canaries, consistency, replaces); // it has no return hooks
        var code = redirects.Skip(State.Redirects.Length).Select(r => DispatchTrampoline.Initial(r.Plan))
            .Concat(redirects.SelectMany(r => r.Plan.All.SkipLast(1)).Select(PassTrampoline.Initial))
            .Concat(hooks.Skip(State.Hooks.Length).Select(h => h.IsInheritance ? InheritanceTrampoline.Initial(h.Plan, isClone3: false) : HookTrampoline.Initial(h.Plan, planned.CallbackArea)))
            .Concat(new TransitionWrites(open).Prepare());
        return Journal(State with { TrampolinePages = pages })
            .Concat(Do(() => MapPages(pages)))
            .Concat(Execute(code, areMet: false))
            .Concat(Lazily(() => Journal(Transitions.Advance(open, TransitionPhase.Arming))));
    }

    /// <summary>Threads here see all stores in their order, so that no barrier is needed behind it.</summary>
    public IEnumerable<CodeWrite> Evict() => Execute(new TransitionWrites(State).Evict().SelectMany(round => round), areMet: true);

    /// <summary>Whether the word that decides for all threads says that they are in the new generation.</summary>
    public bool IsFlipped => State.Transition is { IsGlobal: true } open
        && _program.Memory.TryReadUInt32(new TransitionWrites(State).Word, out uint word) && word == open.Generation;

    /// <summary>One store, for all threads.</summary>
    public CodeWrite Flip()
    {
        var flip = new TransitionWrites(State).Flip();
        _program.Memory.Write(flip.Address, flip.Bytes);
        return flip;
    }

    public IEnumerable<CodeWrite> Arm() => Execute(new TransitionWrites(State).Arm(), areMet: true)
        .Concat(Lazily(() => _mistake == SimulatedMistake.EvictsLate ? Evict() : []))
        .Concat(Lazily(() => Journal(Transitions.Advance(State, TransitionPhase.Migrating))));

    /// <summary>Identical bytes, or a set that nothing leads to.</summary>
    public IEnumerable<CodeWrite> RewriteHooks() => Execute(
        State.Hooks.Where(h => h.IsArmed && h.StoresNumber).Select(h => HookTrampoline.WriteSet(h.Plan.Trampoline, h.Set, State.Transition!.Destination)), areMet: false);

    public IEnumerable<CodeWrite> OpenHooks() => Execute(new TransitionWrites(State).OpenHooks(), areMet: true)
        .Concat(_mistake == SimulatedMistake.OpensStartForCanaries ? Execute(OpenStart(), areMet: true) : []);

    /// <summary>More canaries, or with 0 everybody.</summary>
    public IEnumerable<CodeWrite> Admit(int canaries) => Lazily(() => Journal(Transitions.Admit(State, canaries)));

    public IEnumerable<CodeWrite> Reverse() => Lazily(() => Journal(Transitions.Reverse(State))).Concat(Lazily(RewriteHooks));

    /// <summary>First the functions, then the hooks: a thread that is being born meets an open hook or a settled function.</summary>
    public IEnumerable<CodeWrite> Settle() => Advance(TransitionPhase.Settling)
        .Concat(_mistake == SimulatedMistake.ClosesHooksFirst ? CloseHooks().Concat(SettleFunctions()) : SettleFunctions().Concat(CloseHooks()))
        .Concat(Lazily(() => Journal(new TransitionWrites(State).Settled())));

    public IEnumerable<CodeWrite> Cancel() => Advance(TransitionPhase.Cancelling)
        .Concat(SettleFunctions())
        .Concat(CloseHooks())
        .Concat(Lazily(() => Journal(Cancelled())));

    /// <summary>The image of a patch in the state, or -1.</summary>
    public int FindImage(int patch)
    {
        for (int i = 0; i < State.Images.Length; i++)
        {
            if (State.Images[i].PatchId == _program.Images[patch].PatchId)
            {
                return i;
            }
        }
        return -1;
    }

    private TargetState Cancelled()
    {
        var cancelled = new TransitionWrites(State).Settled();
        return _mistake switch
        {
            SimulatedMistake.CancelsForGood => cancelled with { LastGeneration = State.LastGeneration },
            SimulatedMistake.KeepsBankOfCancelled => cancelled with { Redirects = State.Redirects },
            _ => cancelled,
        };
    }

    private IEnumerable<CodeWrite> SettleFunctions() => Lazily(() => Execute(new TransitionWrites(_mistake == SimulatedMistake.SettlesNewOnes ? WithoutReplaced() : State).Settle(), areMet: true));

    private TargetState WithoutReplaced() => State with { Transition = State.Transition! with { Replaces = false } };

    private IEnumerable<CodeWrite> CloseHooks() => Lazily(() => Execute(new TransitionWrites(State).CloseHooks(), areMet: true));

    private IEnumerable<CodeWrite> Advance(TransitionPhase phase) =>
        Lazily(() => State.Transition!.Phase == phase ? [] : Journal(Transitions.Advance(State, phase)));

    private ImmutableArray<RedirectState> PlanRedirects(int patch, AddressSpaceMap space)
    {
        var redirects = State.Redirects.ToBuilder();
        foreach (var entry in _program.Images[patch].Functions.Select(f => f.Entry).Where(e => State.FindRedirect(e) < 0))
        {
            var function = _program.Functions.First(f => f.Entry == entry);
            redirects.Add(new RedirectState(function.Name, function.Range, _program.PlanRedirect(function, space, DispatchTrampoline.Length, hook: false), Slot: -1, Bank: 1));
        }
        return redirects.ToImmutable();
    }

    private IEnumerable<CodeWrite> OpenStart() => State.Hooks.Where(h => h.Kind == HookKind.ThreadStart)
        .SelectMany(h => new[] { HookTrampoline.Select(h.Plan.Trampoline, h.Set), new CodeWrite(h.Plan.Write.Address, h.Plan.Write.New.ToArray()) });

    private void Arm(List<HookState> hooks, SimulatedFunction function, HookKind kind, AddressSpaceMap space)
    {
        int known = hooks.FindIndex(h => h.Kind == kind);
        if (known >= 0)
        {
            hooks[known] = hooks[known] with { IsArmed = true, Set = HookTrampoline.SetAfter(hooks[known].Set) };
            return;
        }
        hooks.Add(new HookState(function.Name, kind, function.Range, _program.PlanRedirect(function, space, kind == HookKind.Clone ? InheritanceTrampoline.Length : HookTrampoline.Length, hook: true), IsArmed: true, Set: 0));
    }

    private AddressSpaceMap BuildSpace() => new(
        [AddressRange.OfLength(_program.Functions[0].Entry, 0x9000), SimulatedProgram.Region],
        State.TrampolinePages.Where(_program.Memory.IsMapped),
        State.Redirects.Select(r => r.Plan).Concat(State.Hooks.Select(h => h.Plan)));

    private void MapPages(ImmutableArray<Address> pages)
    {
        foreach (var page in pages)
        {
            _program.Memory.Map(AddressRange.OfLength(page, (long)Address.PageSize));
        }
    }

    /// <summary>The stores of some writes. One that running threads can meet must be one store.</summary>
    private IEnumerable<CodeWrite> Execute(IEnumerable<CodeWrite> writes, bool areMet)
    {
        foreach (var write in writes)
        {
            bool isOneStore = write.Address.Value / 8 == (write.Address.Value + (ulong)write.Bytes.Length - 1) / 8;
            if (isOneStore)
            {
                _program.Memory.Write(write.Address, write.Bytes);
                yield return write;
                continue;
            }
            if (areMet)
            {
                throw new SimulationException($"{write.Bytes.Length} bytes at {write.Address} are more than one store");
            }
            foreach (var store in InPieces(write))
            {
                yield return store;
            }
        }
    }

    private IEnumerable<CodeWrite> InPieces(CodeWrite write)
    {
        InFlight = Changed(write);
        for (int i = 0; i < write.Bytes.Length; i++)
        {
            _program.Memory[write.Address + i] = write.Bytes[i];
            if (_random.Next(3) == 0)
            {
                yield return new CodeWrite(write.Address + i, [write.Bytes[i]]);
            }
        }
        InFlight = default;
        yield return write;
    }

    private AddressRange Changed(CodeWrite write)
    {
        var different = Enumerable.Range(0, write.Bytes.Length).Where(i => _program.Memory[write.Address + i] != write.Bytes[i]).ToList();
        return different.Count == 0 ? default : new AddressRange(write.Address + different[0], write.Address + different[^1] + 1);
    }

    private IEnumerable<CodeWrite> Journal(TargetState state)
    {
        ulong sequence = _sequence + 1;
        var bytes = JournalEncoding.Encode(state, sequence);
        var at = JournalLayout.CopyAddress(SimulatedProgram.Region.Start, (int)(sequence % 2));
        for (int done = 0; done < bytes.Length;)
        {
            int count = Math.Min(bytes.Length - done, _random.Next(1, bytes.Length));
            _program.Memory.Write(at + done, bytes.AsSpan(done, count));
            done += count;
            if (done < bytes.Length)
            {
                yield return new CodeWrite(at, []);
            }
        }
        State = state;
        _sequence = sequence;
        _journaled(state, sequence);
        yield return new CodeWrite(at, []);
    }

    private (TargetState State, ulong Sequence)? ReadCopy(int copy)
    {
        var at = JournalLayout.CopyAddress(SimulatedProgram.Region.Start, copy);
        var head = _program.Memory.Read(at, 24)!;
        return JournalEncoding.LengthOf(head) is > 0 and var length ? JournalEncoding.Decode(_program.Memory.Read(at, length)!) : null;
    }

    private static IEnumerable<CodeWrite> Do(Action action)
    {
        action();
        yield return default;
    }

    /// <summary>What is computed only when the one before it is done.</summary>
    private static IEnumerable<CodeWrite> Lazily(Func<IEnumerable<CodeWrite>> make)
    {
        foreach (var write in make())
        {
            yield return write;
        }
    }
}
