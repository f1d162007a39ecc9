// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Cli;

/// <summary>Writes a patch file whole or not at all.</summary>
internal static class PatchFile
{
    /// <summary>Null where it was written; else why not, and then what was there before is still there.</summary>
    public static string? TryWrite(string path, ReadOnlyMemory<byte> bytes)
    {
        // What has no content is written in place: a device is not replaced by a file.
        bool inPlace = new FileInfo(path) is { Exists: true, Length: 0 };
        string draft = inPlace ? path : path + ".part";
        try
        {
            using (var file = new FileStream(draft, inPlace ? FileMode.Open : FileMode.Create, FileAccess.Write))
            {
                file.Write(bytes.Span);
            }
            if (!inPlace)
            {
                File.Move(draft, path, overwrite: true);
            }
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TakeBack(draft, inPlace);
            return e.Message;
        }
    }

    private static void TakeBack(string draft, bool inPlace)
    {
        try
        {
            if (!inPlace)
            {
                File.Delete(draft);
            }
            else if (new FileInfo(draft).Length > 0)
            {
                using var file = new FileStream(draft, FileMode.Truncate, FileAccess.Write);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whatever kept it from being written may keep it from being taken back, and has been told.
        }
    }
}
