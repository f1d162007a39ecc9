// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Core.Generations;

/// <summary>
/// The verbs of a transition (Arm, Settle, Cancel, Reverse): for each the bytes to write, in order, and the state that is
/// journaled first. Pure. Every write that running threads can meet is one byte or one aligned quadword, and writing a list
/// again from its start is harmless, so that a new controller can repeat the phase in which an old one died.
/// </summary>
public sealed class TransitionWrites
{
    private readonly TargetState _state;
    private readonly TransitionState _transition;
    private readonly ImmutableArray<AppliedPatch> _after;
    private readonly ImmutableArray<RedirectState> _affected;

    public TransitionWrites(TargetState state)
    {
        _state = state;
        _transition = state.Transition ?? throw new ArgumentException("no transition is open", nameof(state));
        _after = _transition.After(_state);
        var byEntry = _state.Redirects.ToDictionary(r => r.Plan.Entry);
        // Views replace entries themselves (ViewWrites); what is left here are guards and the unwinder.
        _affected = _state.Backend == BackendKind.AddressSpace ? [] : [.. _transition.Affected(_state).SelectMany(i => _state.Images[i].Functions).Select(f => f.Entry).Distinct().Select(e => byEntry[e])];
    }

    /// <summary>The dispatchers: banks and slots that nothing leads to yet. Redirects that are new have their whole trampoline written before.</summary>
    public IEnumerable<CodeWrite> Prepare()
    {
        foreach (var redirect in _affected)
        {
            var at = redirect.Plan.Trampoline;
            var next = VersionAfter(redirect);
            yield return DispatchTrampoline.WriteBank(at, redirect.Bank, _transition.Generation, next ?? Old(redirect), VersionBefore(redirect) ?? Old(redirect));
            if (_transition.IsGlobal)
            {
                yield return DispatchTrampoline.WriteGlobalHead(at, redirect.Bank, Word, _transition.Generation);
            }
            if (next is { } version)
            {
                yield return DispatchTrampoline.WriteSlot(at, NextSlot(redirect), version);
            }
        }
        foreach (var hook in _state.Hooks.Where(h => h.IsArmed && h.StoresNumber && _state.Backend == BackendKind.Dispatch))
        {
            yield return HookTrampoline.WriteSet(hook.Plan.Trampoline, hook.Set, _transition.Destination);
        }
    }

    /// <summary>Evicts the instructions whose bytes redirects will read as their displacement, in rounds. Each goes on as before, for ever. All
    /// processors must be serialised after each round: none may have the new byte of a jump and old ones behind it.</summary>
    public IEnumerable<ImmutableArray<CodeWrite>> Evict()
    {
        var chains = _affected.Select(r => r.Plan.All.SkipLast(1).ToImmutableArray()).ToList();
        for (int round = 0; chains.Exists(c => round < c.Length); round++)
        {
            yield return [.. chains.Where(c => round < c.Length).Select(c => Entry(c[round], armed: true))];
        }
    }

    /// <summary>Jumps that take the place of several instructions, to copies of them. They stay for ever, and must be written while no thread is inside
    /// of what they change.</summary>
    public ImmutableArray<CodeWrite> Displace() => [.. _affected.Where(r => r.Plan.DisplacesSeveral).Select(r => Entry(r.Plan, armed: true))];

    /// <summary>Shows the frames of all new code to the target's unwinders: before a thread can run it. First the index, then the
    /// entries, which is the order in which they are read.</summary>
    public IEnumerable<CodeWrite> PublishFrames()
    {
        if (_state.FrameIndex != Address.Zero)
        {
            yield return FrameLookupTrampoline.Publish(_state.FrameIndexHead, _state.FrameIndex);
        }
        foreach (var unwinder in _state.Unwinders)
        {
            yield return Entry(unwinder.Plan, armed: true);
        }
    }

    /// <summary>Makes dispatchers of all affected functions. No thread has the new generation, so nothing changes for any.</summary>
    public IEnumerable<CodeWrite> Arm()
    {
        foreach (var redirect in _affected)
        {
            var at = redirect.Plan.Trampoline;
            yield return DispatchTrampoline.Select(at, DispatchTrampoline.BlockOf(redirect.Bank, _transition.IsGlobal));
            if (redirect.Slot >= 0)
            {
                yield return DispatchTrampoline.SwitchSlot(at, redirect.Slot, on: false);
            }
            if (!redirect.Plan.DisplacesSeveral)
            {
                yield return Entry(redirect.Plan, armed: true);
            }
        }
    }

    /// <summary>All threads are in the new generation from here on. One write, while all are held outside of what it changes.</summary>
    public CodeWrite Flip() => GlobalWord.Write(Word, _transition.Generation);

    /// <summary>The word that decides for all threads in a global transition.</summary>
    public Address Word => GlobalWord.In(_state.Regions.First(r => r.Range.Contains(_state.Images[_transition.Image].Range.Start)).Range);

    /// <summary>Opens the guards of system calls: from here on threads may be stopped.</summary>
    public IEnumerable<CodeWrite> OpenGuards() =>
        _state.Hooks.Where(h => h.IsArmed && h.Kind == HookKind.CallGuard).Select(h => Entry(h.Plan, armed: true));

    /// <summary>Opens the hooks: from here on threads migrate. For canaries a point is open for those that have a grant, and new threads
    /// get their number from their creator and not at their start. In a global transition nobody's own number matters.</summary>
    public IEnumerable<CodeWrite> OpenHooks()
    {
        if (_transition.IsGlobal)
        {
            yield break;
        }
        if (_state.Backend == BackendKind.AddressSpace)
        {
            foreach (var write in OpenViewHooks())
            {
                yield return write;
            }
            yield break;
        }
        foreach (var hook in _state.Hooks.Where(h => h.IsArmed && h.IsInheritance))
        {
            yield return Entry(hook.Plan, armed: true);
        }
        bool isForCanaries = _transition.Canaries != 0;
        foreach (var hook in _state.Hooks.Where(h => h.IsArmed && h.StoresNumber && !(isForCanaries && h.Kind == HookKind.ThreadStart)))
        {
            yield return HookTrampoline.Select(hook.Plan.Trampoline, isForCanaries ? HookTrampoline.GrantedSet : hook.Set);
            yield return Entry(hook.Plan, armed: true);
        }
    }

    // Canaries are brought over from outside: a view is entered, not granted.
    private IEnumerable<CodeWrite> OpenViewHooks()
    {
        foreach (var hook in _state.Hooks.Where(h => h.IsArmed && h.Kind == HookKind.Point && _transition.Canaries == 0))
        {
            yield return ViewHook.WriteDestination(hook.Plan.Trampoline, _transition.DestinationView(_state));
            yield return HookTrampoline.Select(hook.Plan.Trampoline, HookTrampoline.ViewSet);
            yield return Entry(hook.Plan, armed: true);
        }
    }

    /// <summary>Opens the points so that one of those who come by runs the callbacks that are asked for. Nobody migrates by it.</summary>
    public IEnumerable<CodeWrite> OpenCalls()
    {
        foreach (var hook in _state.Hooks.Where(h => h.IsArmed && h.Kind == HookKind.Point))
        {
            yield return HookTrampoline.Select(hook.Plan.Trampoline, HookTrampoline.CallSet);
            yield return Entry(hook.Plan, armed: true);
        }
    }

    /// <summary>Closes all hooks. Threads inside one go on through its trampoline.</summary>
    public IEnumerable<CodeWrite> CloseHooks()
    {
        foreach (var hook in _state.Hooks)
        {
            yield return Entry(hook.Plan, armed: false);
            if (hook.StoresNumber)
            {
                yield return HookTrampoline.Select(hook.Plan.Trampoline, -1);
            }
        }
    }

    /// <summary>All threads are in the new generation: dispatchers become jumps, or the entry becomes what it was.
    /// For a reversed transition, and for one that is cancelled, this leads back to the version before.</summary>
    public IEnumerable<CodeWrite> Settle()
    {
        bool back = _transition.ReversedTo != 0 || _transition.Phase == TransitionPhase.Cancelling;
        foreach (var redirect in _affected)
        {
            var at = redirect.Plan.Trampoline;
            int slot = SlotWhenSettled(redirect, back);
            if (slot >= 0)
            {
                yield return DispatchTrampoline.SwitchSlot(at, slot, on: true);
            }
            else
            {
                if (!redirect.Plan.DisplacesSeveral)
                {
                    yield return Entry(redirect.Plan, armed: false);
                }
                yield return DispatchTrampoline.Select(at, DispatchTrampoline.Block.Pass);
            }
        }
    }

    /// <summary>The state once <see cref="Settle"/> is done: no transition.</summary>
    public TargetState Settled() => _transition.Phase == TransitionPhase.Cancelling ? Cancelled() : Finished();

    private TargetState Finished()
    {
        bool back = _transition.ReversedTo != 0;
        var affected = _affected.Select(r => r.Plan.Entry).ToHashSet();
        return _state with
        {
            Generation = _transition.Destination,
            Applied = back ? _state.Applied : _after,
            View = back || _transition.View == TransitionState.NoView ? _state.View : _transition.View,
            Waiting = back || !_transition.Replaces || _transition.IsRemnant ? _state.Waiting : [.. _state.Waiting.Where(w => w.PatchId == _state.Images[_transition.Image].PatchId)],
            Transition = null,
            Hooks = [.. _state.Hooks.Select(h => h with { IsArmed = false })],
            Redirects = [.. _state.Redirects.Select(r => affected.Contains(r.Plan.Entry) ? r with { Slot = SlotWhenSettled(r, back) } : r)],
        };
    }

    /// <summary>
    /// A cancelled transition leaves threads in its banks, and there was no transition after it in which each was seen
    /// elsewhere. So the next one gets the same banks and sets with the same number, which no thread has: to write a bank
    /// again changes nothing but the target of a branch that those threads do not take. They go where they went before.
    /// </summary>
    private TargetState Cancelled()
    {
        var affected = _affected.Select(r => r.Plan.Entry).ToHashSet();
        return _state with
        {
            LastGeneration = _transition.Generation - 1,
            Transition = null,
            Hooks = [.. _state.Hooks.Select(h => h.IsArmed ? h with { IsArmed = false, Set = HookTrampoline.SetBefore(h.Set) } : h)],
            Redirects = [.. _state.Redirects.Select(r => affected.Contains(r.Plan.Entry) ? r with { Bank = 1 - r.Bank } : r)],
        };
    }

    /// <summary>Code in which a thread must not be when it migrates: every version of every affected function.</summary>
    public ImmutableArray<(string Name, AddressRange Range)> OldCode()
    {
        var entries = _transition.Affected(_state).SelectMany(i => _state.Images[i].Functions).Select(f => f.Entry).ToHashSet();
        var all = ImmutableArray.CreateBuilder<(string, AddressRange)>();
        foreach (var redirect in _affected)
        {
            all.Add((redirect.Name, redirect.Function));
        }
        if (_state.Backend == BackendKind.AddressSpace)
        {
            all.AddRange(_state.Entries.Where(e => entries.Contains(e.Entry)).Select(e => (e.Name, e.Function)));
        }
        foreach (var other in _state.Images.Where(i => i.Functions.Any(f => entries.Contains(f.Entry))))
        {
            all.AddRange(other.Functions.Select(f => (f.Name, f.New)));
            all.Add((other.PatchName, other.Range));
            all.AddRange(other.OldParts.Select(p => (other.Functions[0].Name, p)));
        }
        return all.ToImmutable();
    }

    private Address? VersionBefore(RedirectState redirect) => VersionIn(_state.Applied, redirect);

    private Address? VersionAfter(RedirectState redirect) => VersionIn(_after, redirect);

    private Address? VersionIn(ImmutableArray<AppliedPatch> applied, RedirectState redirect) =>
        _state.VersionOf(redirect.Plan.Entry, applied)?.Functions.First(f => f.Entry == redirect.Plan.Entry).New.Start;

    private static Address Old(RedirectState redirect) => DispatchTrampoline.PassAddress(redirect.Plan.Trampoline);

    private static int NextSlot(RedirectState redirect) => redirect.Slot == 0 ? 1 : 0;

    private int SlotWhenSettled(RedirectState redirect, bool back)
    {
        if (back)
        {
            return redirect.Slot;
        }
        return VersionAfter(redirect) is null ? -1 : NextSlot(redirect);
    }

    private static CodeWrite Entry(RedirectPlan plan, bool armed) =>
        new(plan.Write.Address, (armed ? plan.Write.New : plan.Write.Old).ToArray()) { Redirect = plan };
}
