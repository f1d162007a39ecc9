// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.SourcePatches;
using Xunit;

namespace Wfpatch.Build.Tests.SourcePatches;

public sealed class SourceCopiesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_copy_changes_with_its_source_and_another_file_of_that_name_does_not()
    {
        foreach (string tree in new[] { "old", "new" })
        {
            _folder.Write($"{tree}/debian/build/src/a.c", "before");
            _folder.Write($"{tree}/debian/build/src/gone.h", "gone");
            _folder.Write($"{tree}/other/src/a.c", "another");
        }
        _folder.Write("old/src/a.c", "before");
        _folder.Write("old/src/gone.h", "gone");
        string[] changed = [_folder.Write("new/src/a.c", "after"), _folder.At("new/src/gone.h"), _folder.Write("new/src/added.h", "added")];

        var copies = SourceCopies.Follow(_folder.At("old"), _folder.At("new"), changed);

        string inside = _folder.At("new/debian/build/src");
        Assert.Equal([$"{inside}/a.c", $"{inside}/gone.h", $"{inside}/added.h"], copies);
        Assert.Equal("after", File.ReadAllText($"{inside}/a.c"));
        Assert.Equal("added", File.ReadAllText($"{inside}/added.h"));
        Assert.False(File.Exists($"{inside}/gone.h"));
        Assert.Equal("another", File.ReadAllText(_folder.At("new/other/src/a.c")));
    }
}
