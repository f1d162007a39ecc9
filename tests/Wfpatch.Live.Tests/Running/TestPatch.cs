// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Patches;

namespace Wfpatch.Live.Tests.Running;

/// <summary>A patch, and the file that it is stored in.</summary>
public sealed record TestPatch(Patch Patch, string File);
