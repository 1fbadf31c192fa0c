namespace NonLocal.Vision.Drawing;

/// <summary>A place in a picture, in pixels from its upper left corner.</summary>
/// <param name="X">To the right.</param>
/// <param name="Y">Downwards.</param>
internal readonly record struct Point(double X, double Y);
