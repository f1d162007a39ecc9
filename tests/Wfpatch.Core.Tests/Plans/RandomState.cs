// SPDX-License-Identifier: Apache-2.0
using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using CsCheck;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects;

namespace Wfpatch.Core.Tests.Plans;

/// <summary>States as they may come to be: any names and numbers, consistent with each other.</summary>
internal static class RandomState
{
    private static readonly Gen<string> Name = Gen.OneOf(Gen.String[0, 12], Gen.Char.AlphaNumeric.Array[0, 200].Select(c => new string(c)));
    private static readonly Gen<Address> Place = Gen.OneOf(Gen.ULong, Gen.ULong[0x5555_0000_0000, 0x5556_0000_0000]).Select(v => new Address(v));
    private static readonly Gen<AddressRange> Range = Gen.Select(Place, Place, (a, b) => new AddressRange(a, b));

    private static readonly Gen<RedirectPlan> OnePlan = Gen.Select(Place, Name, Gen.Byte.Array[1, 15], Gen.Byte.Array[1, 8], Place, Place, Gen.Int[1, 100],
        (entry, tactic, first, old, jump, trampoline, length) =>
            new RedirectPlan(entry, tactic, first, new EntryWrite(entry, old, old.Select(b => (byte)~b).ToArray()), jump, trampoline, length));

    private static readonly Gen<RedirectPlan> Plan = Gen.Select(OnePlan, OnePlan.Array[0, RedirectPlan.MostEvicted],
        (plan, evicted) => plan with { Evicted = evicted.Aggregate((RedirectPlan?)null, (before, e) => e with { Evicted = before }) });

    private static readonly Gen<ReplacedFunction> Function = Gen.Select(Name, Place, Range, Range, (name, entry, old, @new) => new ReplacedFunction(name, entry, old, @new));

    private static readonly Gen<ImageState> Image = Gen.Select(Name, Name, Name, Range, Range, Function.Array[1, 4], Range.Array[0, 3], Gen.ULong,
        (id, name, file, range, unwind, functions, parts, sum) => new ImageState(id, name, file, range, unwind, [.. functions], [.. parts]) { Checksum = sum, FrameIndex = range.Start, Added = [.. functions.Select(f => new NewFunction(f.Name, f.New))], Requires = [.. parts.Select(p => $"{p.Start.Value:x16}")] });

    private static readonly Gen<RedirectState> Redirect = Gen.Select(Name, Range, Plan, Gen.Int[-1, 1], Gen.Int[0, 1],
        (name, function, plan, slot, bank) => new RedirectState(name, function, plan, slot, bank));

    private static readonly Gen<HookState> Hook = Gen.Select(Name, Gen.Int[0, 4], Range, Plan, Gen.Bool, Gen.Int[0, 1],
        (name, kind, function, plan, armed, set) => new HookState(name, (HookKind)kind, function, plan, armed, set));

    private static readonly Gen<UnwinderState> Unwinder = Gen.Select(Name, Range, Plan, (name, function, plan) => new UnwinderState(name, function, plan));

    private static readonly Gen<TransitionState> Transition = Gen.Select(Gen.Int[0, 1], Gen.Int[0, 4], Gen.UInt[0, 900], Gen.Frequency((1, Gen.Const(0u)), (1, Gen.UInt[0, 900])), Name, Gen.Int[0, 9],
        (kind, phase, generation, reversed, policy, canaries) => new TransitionState((TransitionKind)kind, (TransitionPhase)phase, generation, reversed, 0, policy)
        {
            Canaries = kind == (int)TransitionKind.Apply && reversed == 0 ? canaries : 0,
        });

    public static readonly Gen<TargetState> States = Gen.Select(
        Gen.Select(Gen.UInt[0, 900], Gen.Select(Range, Gen.ULong, (r, u) => new RegionState(r, u)).Array[0, 3], Place.Array[0, 5]),
        Gen.Select(Image.Array[0, 3], Redirect.Array[0, 4], Hook.Array[0, 3], Unwinder.Array[0, 2]),
        Gen.Select(Gen.UInt[0, 900].Array[0, 3], Gen.Bool, Transition),
        (place, code, time) => Consistent(new TargetState
        {
            Generation = place.Item1,
            LastGeneration = 1000,
            Regions = [.. place.Item2],
            TrampolinePages = [.. place.Item3],
            Images = [.. code.Item1],
            Redirects = [.. code.Item2.DistinctBy(r => r.Plan.Entry)],
            Hooks = [.. code.Item3],
            Unwinders = [.. code.Item4.Where(u => code.Item2.All(r => r.Plan.Entry != u.Plan.Entry))],
            Applied = code.Item1.Length == 0 ? [] : [.. time.Item1.Select((g, i) => new AppliedPatch(g, i % code.Item1.Length))],
            Frames = [.. place.Item2.Select(r => new FramesState(r.Range, r.Used))],
            Waiting = [.. code.Item1.Select(i => new WaitingPatch(i.PatchId, i.PatchName, i.ObjectName))],
            Objects = [.. place.Item2.Select(r => new ObjectState("lib.so", r.Range, "0123"))],
            Transition = time.Item2 && code.Item1.Length > 0 ? time.Item3 : null,
        }));

    /// <summary>The same of a target in which the backend aspace makes what is in force.</summary>
    public static readonly Gen<TargetState> StatesWithViews = Gen.Select(States, Gen.Int[0, 9], Gen.Int[TransitionState.NoView, 9], Gen.Byte.Array[EntryJump.Length, EntryJump.Length], (state, view, opened, old) => state with
    {
        Backend = BackendKind.AddressSpace,
        View = view,
        Entries = [.. state.Redirects.Select(r => r.Plan.Entry).Distinct().Select(e => new EntryState($"at {e}", AddressRange.OfLength(e, 7), old))],
        Transition = state.Transition is { } open ? open with { View = opened } : null,
    });

    /// <summary>All that a record holds, as text: every property that it was made of. Two values are equal when their texts are.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        IEnumerable items => $"[{string.Join(", ", items.Cast<object>().Select(Describe))}]",
        _ when value.GetType().IsPrimitive || value.GetType().IsEnum => $"{value}",
        _ => $"{{{string.Join(", ", value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).Select(p => $"{p.Name}: {Describe(p.GetValue(value))}"))}}}",
    };

    /// <summary>All functions have redirects where a transition is open; every second apply replaces all others.</summary>
    private static TargetState Consistent(TargetState state) => WithRedirects(state) is { Transition: { Kind: TransitionKind.Apply } open } ready && ready.Redirects.Length % 2 == 0
        ? ready with { Transition = open with { Replaces = true } }
        : WithRedirects(state);

    private static TargetState WithRedirects(TargetState state) => state.Transition is not { } open || state.Redirects.IsEmpty
        ? state with { Transition = null }
        : state with
        {
            Transition = open with { Others = state.Images.Length > 2 ? [1] : [] },
            Images = [.. state.Images.Select((image, n) => image with
            {
                Functions = [.. image.Functions.Select((f, i) => f with { Entry = state.Redirects[(i + n) % state.Redirects.Length].Plan.Entry })],
            })],
        };
}
