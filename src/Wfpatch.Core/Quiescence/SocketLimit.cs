// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Quiescence;

/// <summary>A time limit that a socket has of its own (socket(7)).</summary>
public enum SocketLimit
{
    None,

    /// <summary>SO_RCVTIMEO.</summary>
    Receive,

    /// <summary>SO_SNDTIMEO.</summary>
    Send,
}
