// The pages that make or find one's account come as one script.
export { ClaimPage } from './ClaimPage.tsx';
export { ResetPage } from './ResetPage.tsx';
export { SignInPage } from './SignInPage.tsx';
export { SignUpPage } from './SignUpPage.tsx';
