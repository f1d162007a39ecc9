// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Linking;

/// <summary>Names places in new code for messages.</summary>
internal static class NewFunctions
{
    /// <summary>The function that stands at an offset of a section, or the section.</summary>
    public static string NameAt(ObjectPatch patch, int section, uint offset) =>
        patch.Symbols.Where(s => s.Section == section && s.Kind == PatchSymbolKind.Function && s.Offset <= offset).MaxBy(s => s.Offset)?.Display
        ?? patch.Sections[section].Name;
}
