/**
 * What a page that breaks leaves behind, or one whose code does not come: without this a single
 * one would take the whole client with it, and leave an empty window.
 */

import { Component, type ComponentType, Fragment, type ReactNode } from "react";
import { ApiError } from "../api/client";
import { Failed } from "./states";

interface CaughtProps {
  /** What stands around the message, where no page's frame does. */
  frame?: ComponentType<{ children: ReactNode }>;
  children: ReactNode;
}

interface CaughtState {
  error: Error | null;
}

export class Caught extends Component<CaughtProps, CaughtState> {
  override state: CaughtState = { error: null };

  static getDerivedStateFromError(error: Error): CaughtState {
    return { error };
  }

  override render() {
    const { frame: Frame = Fragment, children } = this.props;
    const { error } = this.state;
    if (!error) return children;
    // code that has failed to come is not asked for again until the page is loaded anew
    return (
      <Frame>
        <Failed
          error={navigator.onLine ? error : new ApiError(0, "")}
          onRetry={() => location.reload()}
          isWholePage
        />
      </Frame>
    );
  }
}
