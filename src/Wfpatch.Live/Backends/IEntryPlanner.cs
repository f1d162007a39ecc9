// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Live.Backends;

/// <summary>How a backend leads the callers of old functions to new ones. Reads the target, changes nothing; what cannot be done becomes a refusal.</summary>
internal interface IEntryPlanner
{
    /// <summary>The state with what the functions of one part of a patch need.</summary>
    /// <param name="planned">With the parts before.</param>
    /// <param name="newCode">Where the new code will lie, and that of later patches.</param>
    TargetState Plan(ObjectPlan part, TargetState planned, AddressRange newCode);

    /// <summary>Code that is to be written where nothing leads to it yet.</summary>
    IEnumerable<CodeWrite> Code(TargetState planned);
}
