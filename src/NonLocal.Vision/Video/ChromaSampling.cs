namespace NonLocal.Vision.Video;

/// <summary>How many colours a frame has for its brightnesses.</summary>
public enum ChromaSampling
{
    /// <summary>None: grey.</summary>
    None,

    /// <summary>4:2:0, one for two columns and two rows.</summary>
    Quarter,

    /// <summary>4:2:2, one for two columns.</summary>
    Half,

    /// <summary>4:4:4, one for each pixel.</summary>
    Full,
}
