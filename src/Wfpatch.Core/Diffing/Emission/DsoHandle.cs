// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing.Emission;

/// <summary>
/// The address by which the C++ runtime knows whose destructors to run (Itanium C++ ABI, 3.3.6.3, __cxa_atexit). Each program and
/// library has one of its own, which no symbol of a stripped program tells. Where no old code of the patch tells it, the patch has one
/// of its own: the destructors of its static variables run when the program ends.
/// </summary>
internal static class DsoHandle
{
    private const string Name = "__dso_handle";

    private static readonly ConditionalWeakTable<ChangeSet, object> Told = [];

    public static ConstantTarget Constant { get; } = new(new byte[8], 8, Name);

    public static bool IsOwn(ChangeSet changes, ReferenceTarget target) =>
        target is ExternalTarget { Name: Name } && changes.OldGlobals.Find(Name) is null && !(bool)Told.GetValue(changes, c => IsTold(c));

    private static bool IsTold(ChangeSet changes) =>
        changes.Included.Any(i => i.Old is { } old && old.References.Any(r => r.Target is ExternalTarget { Name: Name }));
}
